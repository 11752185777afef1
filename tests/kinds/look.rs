//! One look of the real binary, as `statuary check` tells it.

use serde_json::Value;

use crate::stage::Stage;

/// Looks once with a probe that has these lines, and gives what was seen.
pub fn look(probe: &str) -> Value {
    look_in(&Stage::new(""), probe)
}

/// The same in a site's folder that is there already.
pub fn look_in(stage: &Stage, probe: &str) -> Value {
    let head = "[site]\ntitle = \"T\"\nurl = \"https://status.example.com/\"\n[rules]\nconfirm_after = \"off\"\n";
    stage.write(
        "statuary.toml",
        &format!("{head}[[component]]\nid = \"it\"\nname = \"It\"\n[[component.probe]]\n{probe}"),
    );
    let out = stage.run(&["check", "--format", "json"]);
    let text = String::from_utf8_lossy(&out.stdout);
    let told: Value =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&out.stderr)));
    told["looks"][0]["first"].clone()
}

/// What was seen, in a line: `up`, `down connect: the connection was refused`.
pub fn said(seen: &Value) -> String {
    let word = |key: &str| seen[key].as_str().unwrap_or_default();
    match word("why") {
        "" => word("verdict").to_owned(),
        why => format!("{} {}: {why}", word("verdict"), word("phase")),
    }
}
