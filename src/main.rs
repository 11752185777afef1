//! The binary: everything is in the library, so that tests and benches call what ships.

fn main() -> std::process::ExitCode {
    statuary::cli::main()
}
