//! A site in a folder of its own, and the real binary run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A site that watches one thing, a worker's heartbeat file `beat`, with these lines under `[rules]`.
pub fn workers(rules: &str) -> String {
    format!(
        "\n[site]\ntitle = \"Stage\"\nurl = \"https://status.example.com/\"\n[run]\ninterval = \"1m\"\n[rules]\n{rules}\n\
         [[component]]\nid = \"workers\"\nname = \"Workers\"\n\
         [[component.probe]]\nkind = \"heartbeat\"\nfile = \"beat\"\nmax_age = \"3m\"\n"
    )
}

/// A site on a stage: thrown away when dropped.
pub struct Stage {
    dir: TempDir,
}

impl Stage {
    /// A site with this config.
    pub fn new(config: &str) -> Self {
        let stage = Self { dir: TempDir::new().expect("a temp folder") };
        stage.write("statuary.toml", config);
        stage
    }

    /// A site in memory, where the machine has such a folder: for tests that run it hundreds of times.
    pub fn in_memory(config: &str) -> Self {
        let dir = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temp folder");
        let stage = Self { dir };
        stage.write("statuary.toml", config);
        stage
    }

    /// The site's folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, with its folders.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Reads a JSON file.
    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs the binary.
    pub fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, &[])
    }

    /// Runs the binary with more environment.
    pub fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.under::<&str>(&[], args).envs(env.iter().copied()).output().expect("the binary starts")
    }

    /// The binary's command line behind another one's words: `strace …`, `prlimit …`.
    pub fn under<W: AsRef<str>>(&self, outer: &[W], args: &[&str]) -> Command {
        let words = outer.iter().map(AsRef::as_ref).chain([env!("CARGO_BIN_EXE_statuary")]).chain(args.iter().copied());
        let words: Vec<&str> = words.collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg("--site").arg(self.path()).env_remove("STATUARY_DRILL").env("NO_COLOR", "1");
        command
    }

    /// Runs the binary and wants this exit code; gives standard output.
    pub fn expect(&self, args: &[&str], code: i32) -> String {
        let out = self.run(args);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let err = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "statuary {args:?}\n{text}\n{err}");
        text
    }

    /// A copy of the site in memory, to the byte.
    pub fn twin(&self) -> Self {
        let copy = Self::in_memory("");
        for (name, bytes) in self.tree(".") {
            let path = copy.join(&name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, bytes).expect("a file");
        }
        copy
    }

    /// Every file below a folder of the site, by its path in there. A folder that is missing has none.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let folder = self.join(folder);
        let files = walkdir::WalkDir::new(&folder).into_iter().filter_map(Result::ok);
        let files = files.filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path);
        files
            .map(|path| {
                let name = path.strip_prefix(&folder).expect("below").to_string_lossy().into_owned();
                (name, fs::read(&path).expect("a file"))
            })
            .collect()
    }

    /// All that stands in a chain's files, whole or not.
    pub fn text_of(&self, chain: &str) -> String {
        let files = self.tree(&format!("journal/{chain}"));
        files.values().map(|bytes| String::from_utf8_lossy(bytes)).collect()
    }

    /// Every line of a chain, all days, in order.
    pub fn chain(&self, chain: &str) -> Vec<serde_json::Value> {
        let mut files: Vec<PathBuf> = walkdir::WalkDir::new(self.join("journal").join(chain))
            .sort_by_file_name()
            .into_iter()
            .filter_map(Result::ok)
            .filter(|e| e.file_type().is_file())
            .map(walkdir::DirEntry::into_path)
            .collect();
        files.sort();
        let text: String = files.iter().map(|f| fs::read_to_string(f).expect("a day")).collect();
        text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{l}: {e}"))).collect()
    }

    /// Every page of the published site has its end, and each relative link of it names a file.
    pub fn site_is_whole(&self) {
        Self::is_whole(&self.join("public"));
    }

    /// The same of a site that is reached by another path.
    pub fn is_whole(public: &Path) {
        let pages = walkdir::WalkDir::new(public).into_iter().filter_map(Result::ok);
        let mut seen = 0;
        for page in pages.filter(|e| e.path().extension().is_some_and(|x| x == "html")) {
            seen += 1;
            let text = fs::read_to_string(page.path()).expect("a page");
            // The end tags of `body` and `html` are optional in HTML: the foot is the last of a page.
            let end = text.trim_end();
            assert!(
                end.ends_with("</footer>") || end.ends_with("</template>"),
                "half a page: {}",
                page.path().display()
            );
            for link in links(&text) {
                // Only 404.html, which is served at any depth, may name the site's root.
                let target = match link.strip_prefix('/') {
                    Some(from_root) if page.path().ends_with("404.html") => public.join(from_root),
                    _ => page.path().parent().expect("a folder").join(&link),
                };
                assert!(target.exists(), "{} names {link}, which is missing", page.path().display());
            }
        }
        assert!(seen > 0, "no page in {}", public.display());
    }
}

/// The relative addresses in `href` and `src`, without query and fragment.
fn links(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["href=", "src="] {
        for part in html.split(attribute).skip(1) {
            let value = match part.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => part.split([' ', '>']).next(),
            };
            let value = value.unwrap_or_default().split(['#', '?']).next().unwrap_or_default();
            if !value.is_empty() && !value.contains(':') && !value.starts_with("//") {
                found.push(value.to_owned());
            }
        }
    }
    found
}
