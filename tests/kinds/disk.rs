//! `disk` on file systems of a test's own: with room, full, read-only.

use std::path::Path;

use serde_json::Value;

use crate::look::{look, said};
use crate::mounts::Mounts;

/// Looks at a path that is reached through the namespace's holder, with more lines.
fn looks(mounts: &Mounts, path: &str, more: &str) -> Value {
    let path = mounts.path(Path::new(path));
    look(&format!("kind = \"disk\"\npath = '{}'\ntimeout = \"20s\"\n{more}", path.display()))
}

#[test]
fn a_disk_has_room_is_full_and_is_read_only() {
    let Some(mounts) = Mounts::new("a_disk_has_room_is_full_and_is_read_only") else { return };
    mounts.sh("mount -t tmpfs -o size=1m,nr_inodes=100 none /mnt").expect("mounting was tried");
    let (writes, files) = ("write = 65536\n", "expect = \"inodes.free < 100 && inodes.free_ratio > 0.9\"\n");
    assert_eq!(said(&looks(&mounts, "/mnt", &format!("{writes}{files}"))), "up");
    let size = "expect = [\"size == 1048576\", \"free == size\", \"free_ratio == 1\"]\n";
    assert_eq!(said(&looks(&mounts, "/mnt", size)), "up", "the test file is gone");
    mounts.sh("head -c 1040384 /dev/zero >/mnt/big").expect("there is room");
    assert_eq!(said(&looks(&mounts, "/mnt", "")), "up", "how full is too full, the operator says");
    let full = looks(&mounts, "/mnt", "expect = \"free_ratio > 0.1\"\n");
    assert!(said(&full).starts_with("down expect: expected free_ratio > 0.1, got 0.00"), "{full}");
    assert_eq!(said(&looks(&mounts, "/mnt", writes)), "down write: the disk is full");
    let left = std::fs::read_dir(mounts.path(Path::new("/mnt"))).expect("it can be listed").count();
    assert_eq!(left, 1, "the test file is gone, also after a failure");
    mounts.sh("mount -o remount,ro /mnt").expect("remounting is mounting");
    assert_eq!(said(&looks(&mounts, "/mnt", writes)), "down write: the disk is read-only");
    assert_eq!(said(&looks(&mounts, "/mnt/none", "")), "down stat: the path is not there");
}
