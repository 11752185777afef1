//! Fire drills: lets a test stop a run dead between two steps of the one way.

/// Ends the process at once, as `kill -9` would, where a debug build was told to by `STATUARY_DRILL=<point>`.
/// Release builds carry nothing of it.
pub fn point(name: &str) {
    if cfg!(debug_assertions) && std::env::var("STATUARY_DRILL").is_ok_and(|at| at == name) {
        std::process::abort();
    }
}
