//! `ssh` at sshd: each stage of a login, and where it hangs.

use crate::look::{look, said};
use crate::support::{Sshd, ssh_user};

fn probe(sshd: &Sshd, host_key: &str, key: &str, more: &str) -> String {
    let at = format!("kind = \"ssh\"\naddress = \"127.0.0.1:{}\"\nhost_key = \"{host_key}\"\n", sshd.port());
    format!("{at}user = \"{}\"\nkey_file = \"{}\"\n{more}", ssh_user(), sshd.key(key).display())
}

#[test]
fn each_stage_of_a_login_is_told() {
    let mut sshd = Sshd::start("");
    let (good, wrong) = (sshd.fingerprint(), format!("SHA256:{}", "A".repeat(43)));
    let asserted = "command = \"echo well\"\nexpect = [\"command.stdout == 'well\\n'\", \
                    \"banner.startsWith('SSH-2.0-OpenSSH')\", \"command.exit_status == 0\"]\n";
    for (host_key, key, more, told) in [
        (
            &good,
            "user",
            "timeout = \"20s\"\ncommand = \"exit 3\"",
            "down command: the command ended with exit status 3",
        ),
        (&wrong, "user", "timeout = \"20s\"", "down host_key: the host key is not the configured one"),
        (&good, "stranger", "timeout = \"20s\"", "down auth: the login was refused"),
        (&good, "user", &format!("timeout = \"20s\"\n{asserted}"), "up"),
    ] {
        let seen = look(&probe(&sshd, host_key, key, more));
        assert_eq!(said(&seen), told, "{seen}");
    }
    let brief = probe(&sshd, &good, "user", "timeout = \"1s\"");
    sshd.freeze();
    assert_eq!(said(&look(&brief)), "down banner: no banner within 1 s after the connection was made");
    sshd.stop();
    assert_eq!(said(&look(&brief)), "down connect: the connection was refused");
}

#[test]
fn a_server_that_hangs_after_the_login_is_down() {
    // It ends by itself soon after the test.
    let sshd = Sshd::start("ForceCommand exec sleep 8");
    let seen = look(&probe(&sshd, &sshd.fingerprint(), "user", "timeout = \"4s\"\ncommand = \"true\""));
    let told = said(&seen);
    assert!(told.starts_with("down command: logged in, but the command did not end within "), "{seen}");
}
