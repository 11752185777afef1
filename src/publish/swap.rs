//! Carries out a plan: everything beside first, then into place one by one, then what is old goes.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::model::Moment;
use crate::publish::disk;
use crate::publish::manifest::Looks;
use crate::publish::plan::{Plan, STAGING};
use crate::publish::wanted::{Copied, Wanted};
use crate::publish::{PublishError, Standing, Swapped};
use crate::render::Output;

/// One change of the disk that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A file is written beside.
    Stage,
    /// The manifest is written.
    Note,
    /// An old file or folder that stands in the way is removed.
    Clear,
    /// A file is renamed into place.
    Place,
    /// An old file is removed.
    Remove,
    /// The staging folder is removed.
    Tidy,
}

/// Called before each step. An error stops the swap there, as a kill would; tests stop it at every step.
pub(super) type Watch<'a> = &'a mut dyn FnMut(Step) -> io::Result<()>;

/// See [`crate::publish::swap()`].
pub(super) fn swap(
    standing: &Standing,
    made: (&[Output], &[Copied]),
    kept: &[String],
    now: Moment,
) -> Result<Swapped, PublishError> {
    let result = swap_watched(standing, made, kept, now, &mut |_| Ok(()));
    if result.is_err() {
        // A full disk is helped by it, and the next swap does it anyway.
        for staging in [standing.state.join("staging"), standing.public.join(STAGING)] {
            let _ = disk::remove_tree(&staging);
        }
    }
    result
}

/// A swap that can be stopped between any two steps.
pub(super) fn swap_watched(
    standing: &Standing,
    (files, copies): (&[Output], &[Copied]),
    kept: &[String],
    now: Moment,
    watch: Watch<'_>,
) -> Result<Swapped, PublishError> {
    let Standing { public, state, note, before, .. } = standing;
    let known = standing.with_unsettled();
    let wanted: Vec<Wanted<'_>> =
        files.iter().map(Wanted::Made).chain(copies.iter().filter(|c| !c.stands()).map(Wanted::Copied)).collect();
    let standing_copies = copies.iter().filter(|c| c.stands()).map(|c| c.path.as_str());
    let kept: Vec<&str> = kept.iter().map(String::as_str).chain(standing_copies).collect();
    let plan = Plan::make(public, &known, &wanted, &kept, now)?;
    let mut act = Act { public, staging: staging(public, state)?, inside: false, watch };
    for left in [state.join("staging"), public.join(STAGING)] {
        // A killed swap's; this one makes its own.
        if left.symlink_metadata().is_ok() {
            act.step(Step::Tidy, &left, disk::remove_tree)?;
        }
    }
    if standing.is_settling() {
        // Before the one list gives up their files.
        act.step(Step::Note, &standing.settled_note, |_| standing.note_settled())?;
    }
    let mut after = plan.after.clone();
    if !plan.changed.is_empty() || !plan.stale.is_empty() || !plan.clear.is_empty() {
        act.stage(&plan)?;
        let under_way = plan.under_way(&known);
        act.step(Step::Note, note, |note| under_way.save(note))?;
        act.clear(&plan)?;
        act.place(&plan)?;
        act.remove(&plan.stale)?;
        for (file, _) in &plan.changed {
            let path = public.join(file.path());
            let meta = path.symlink_metadata().map_err(|e| PublishError::io(&path, "it cannot be looked at", e))?;
            if let Some(made) = after.files.get_mut(file.path()) {
                made.looks = Some(Looks::of(&meta));
            }
        }
    }
    if after != *before || standing.handed || !note.exists() {
        act.step(Step::Note, note, |note| after.save(note))?;
    }
    if standing.is_unsettling() {
        act.step(Step::Note, &standing.settled_note, |_| standing.forget_unsettled())?;
    }
    act.tidy()?;
    let apart = &standing.apart;
    Ok(Swapped {
        written: plan.changed.len() + apart.written,
        unchanged: plan.unchanged + apart.unchanged,
        removed: plan.stale.len() + plan.clear.len() + apart.removed,
    })
}

/// Where files are staged: in the state folder, or inside the public one where that is a file system of its own.
fn staging(public: &Path, state: &Path) -> Result<PathBuf, PublishError> {
    let device = |folder: &Path| {
        folder.metadata().map(|m| m.dev()).map_err(|e| PublishError::io(folder, "the folder cannot be looked at", e))
    };
    Ok(if device(public)? == device(state)? { state.join("staging") } else { public.join(STAGING) })
}

/// A swap at work.
struct Act<'a> {
    public: &'a Path,
    staging: PathBuf,
    /// Whether the staging folder beside turned out to be of no use for renaming.
    inside: bool,
    watch: Watch<'a>,
}

impl Act<'_> {
    /// Announces a step, takes it, and says where it failed.
    fn step<T>(
        &mut self,
        step: Step,
        path: &Path,
        act: impl FnOnce(&Path) -> io::Result<T>,
    ) -> Result<T, PublishError> {
        let what = match step {
            Step::Stage => "the file cannot be written beside",
            Step::Note => "the list of published files cannot be written",
            Step::Clear | Step::Remove => "the old file cannot be removed",
            Step::Place => "the file cannot be put in place",
            Step::Tidy => "the staging folder cannot be removed",
        };
        (self.watch)(step).and_then(|()| act(path)).map_err(|e| PublishError::io(path, what, e))
    }

    /// Writes every changed file beside, and waits until all are on the disk.
    fn stage(&mut self, plan: &Plan<'_>) -> Result<(), PublishError> {
        if plan.changed.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.staging)
            .map_err(|e| PublishError::io(&self.staging, "the staging folder cannot be made", e))?;
        let mut files = Vec::with_capacity(plan.changed.len());
        let mut stopped = Ok(());
        for (i, (file, _)) in plan.changed.iter().enumerate() {
            let beside = self.beside(i);
            stopped = self.step(Step::Stage, &beside, |_| Ok(()));
            if stopped.is_err() {
                break;
            }
            files.push((beside, *file));
        }
        disk::write_all_synced(&files)
            .map_err(|(path, e)| PublishError::io(&path, "the file cannot be written beside", e))?;
        stopped
    }

    fn beside(&self, i: usize) -> PathBuf {
        self.staging.join(i.to_string())
    }

    /// Removes what is ours and stands in the way: old files, and the folders that are empty without them.
    fn clear(&mut self, plan: &Plan<'_>) -> Result<(), PublishError> {
        for path in &plan.clear {
            self.step(Step::Clear, &self.public.join(path), |path| fs::remove_file(path))?;
        }
        for (file, _) in &plan.changed {
            let path = self.public.join(file.path());
            if path.symlink_metadata().is_ok_and(|m| m.is_dir()) {
                self.step(Step::Clear, &path, remove_empty_tree)?;
            }
        }
        Ok(())
    }

    /// Renames the files into place in their order. Each turn is on the disk before the next one begins.
    fn place(&mut self, plan: &Plan<'_>) -> Result<(), PublishError> {
        let mut touched = BTreeSet::new();
        let mut turn = None;
        for (i, (file, now)) in plan.changed.iter().enumerate() {
            if turn.replace(*now).is_some_and(|before| before != *now) {
                sync(&std::mem::take(&mut touched))?;
            }
            let target = self.public.join(file.path());
            let folder = target.parent().unwrap_or(self.public);
            if !folder.is_dir() {
                fs::create_dir_all(folder).map_err(|e| PublishError::io(folder, "the folder cannot be made", e))?;
                touched
                    .extend(folder.ancestors().skip(1).take_while(|f| f.starts_with(self.public)).map(PathBuf::from));
            }
            touched.insert(folder.to_path_buf());
            let beside = self.beside(i);
            match self.step(Step::Place, &target, |target| fs::rename(&beside, target)) {
                Err(PublishError::Io { source, .. }) if source.kind() == io::ErrorKind::CrossesDevices => {
                    self.place_from_inside(*file, &target)?;
                }
                result => result?,
            }
        }
        sync(&touched)
    }

    /// The same file system under two mounts does not rename between them: such a file is staged again, inside.
    fn place_from_inside(&mut self, file: Wanted<'_>, target: &Path) -> Result<(), PublishError> {
        let staging = self.public.join(STAGING);
        self.inside = true;
        let fail = |e| PublishError::io(target, "the file cannot be put in place", e);
        fs::create_dir_all(&staging).map_err(fail)?;
        let beside = staging.join("again");
        file.write_synced(&beside).map_err(fail)?;
        fs::rename(&beside, target).map_err(fail)
    }

    /// Removes files that no longer belong, and the folders that are empty without them.
    fn remove(&mut self, stale: &BTreeSet<String>) -> Result<(), PublishError> {
        let mut touched = BTreeSet::new();
        for path in stale {
            let path = self.public.join(path);
            self.step(Step::Remove, &path, |path| match fs::remove_file(path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
                result => result,
            })?;
            for folder in path.ancestors().skip(1).take_while(|f| *f != self.public) {
                // A folder that holds anything stays, and so does all above it.
                if fs::remove_dir(folder).is_err() {
                    touched.insert(folder.to_path_buf());
                    break;
                }
                touched.extend(folder.parent().map(PathBuf::from));
            }
            touched.insert(self.public.to_path_buf());
        }
        sync(&touched)
    }

    fn tidy(&mut self) -> Result<(), PublishError> {
        let mut folders = vec![self.staging.clone()];
        if self.inside {
            folders.push(self.public.join(STAGING));
        }
        for folder in folders.into_iter().filter(|f| f.exists()) {
            self.step(Step::Tidy, &folder, disk::remove_tree)?;
        }
        Ok(())
    }
}

fn sync(folders: &BTreeSet<PathBuf>) -> Result<(), PublishError> {
    disk::sync_folders(folders).map_err(|(path, e)| PublishError::io(&path, "the folder cannot be synced", e))
}

/// Removes a folder that holds nothing but folders; anything else stops it.
fn remove_empty_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        remove_empty_tree(&entry?.path())?;
    }
    fs::remove_dir(folder)
}
