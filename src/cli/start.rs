//! `init`, `demo` and `serve`: the first minutes with Statuary.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::app::{self, Trouble};
use crate::cli::args::{DemoArgs, Format, ServeArgs};
use crate::cli::voice::{PLAIN, SOFT, STRONG, say};
use crate::{demo, serve};

const GITIGNORE: &str = "/public/\n/.statuary/\n";

/// Writes what a new site needs, and nothing over what is there.
pub fn init(site: &Path) -> Result<u8, Trouble> {
    let config = site.join("statuary.toml");
    if config.exists() {
        return Err(Trouble::Usage(format!("{} is already there; nothing was changed", config.display())));
    }
    let write = |path: &Path, text: &str| fs::write(path, text).map_err(|e| cannot(path, &e));
    fs::create_dir_all(site.join("incidents")).map_err(|e| cannot(site, &e))?;
    write(&config, app::starter())?;
    let ignore = site.join(".gitignore");
    if !ignore.exists() {
        write(&ignore, GITIGNORE)?;
    }
    say(format!("Wrote {}, an empty incidents/ and a .gitignore. Next:", config.display()));
    say("  1. Name what you watch in it.");
    say("  2. statuary check      looks once and saves nothing");
    say("  3. statuary run        looks, saves, and writes public/index.html; let cron call it every minute");
    Ok(0)
}

fn cannot(path: &Path, e: &std::io::Error) -> Trouble {
    Trouble::Save(format!("{}: cannot be written: {e}", path.display()))
}

/// The demo: everything that Statuary does, in ten seconds, without a network.
pub fn demo(site: &Path, args: &DemoArgs, format: Format) -> Result<u8, Trouble> {
    // Without --site the demo never writes into the current folder itself.
    let site = if site == Path::new(".") { Path::new("statuary-demo") } else { site };
    let quiet = format == Format::Json;
    let step = |line: &str| {
        if !quiet {
            say(format!("{SOFT}{line}{PLAIN}"));
        }
    };
    let made = demo::make(site, args.days, &step)?;
    if quiet {
        crate::cli::voice::json(&made.json());
    } else {
        made.next_steps(args.serve).iter().for_each(|line| say(line.replace('<', STRONG).replace('>', PLAIN)));
    }
    if args.serve {
        return demo_served(&made, args);
    }
    Ok(0)
}

/// Serves the demo's page here while another thread keeps looking, until Ctrl-C.
fn demo_served(made: &demo::Made, args: &DemoArgs) -> Result<u8, Trouble> {
    std::thread::scope(|scope| {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || made.keep_looking(&ended, &|line| say(line)));
        let served = serve::serve(&made.public(), args.listen, |at| {
            say(format!("\nServing the page at http://{at}/ and looking every 10 seconds. Ctrl-C ends it."));
            made.switches().iter().for_each(say);
        });
        drop(end);
        served.map_err(|e| cannot_listen(args.listen, &e))?;
        Ok(0)
    })
}

fn cannot_listen(at: SocketAddr, e: &serve::ServeError) -> Trouble {
    Trouble::Usage(format!("cannot serve at {at}: {e}"))
}

/// A preview on this machine.
pub fn serve(site: &Path, args: &ServeArgs) -> Result<u8, Trouble> {
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => app::public_folder(site)?,
    };
    if !folder.join("index.html").is_file() {
        return Err(Trouble::Usage(format!("{} holds no index.html; `statuary build` makes one", folder.display())));
    }
    serve::serve(&folder, args.listen, |at| say(format!("Serving {} at http://{at}/ (Ctrl-C ends)", folder.display())))
        .map_err(|e| cannot_listen(args.listen, &e))?;
    Ok(0)
}
