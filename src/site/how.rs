//! How we look at a component, in words that name no address.

use serde::Serialize;

use crate::model::{Combine, Visibility};
use crate::site::parts::Link;
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;

/// A rule with its name.
#[derive(Clone, Debug, Serialize)]
pub struct How {
    /// "Every minute"
    pub name: String,
    /// "A web request"
    pub text: String,
    /// Components, where the rule names some.
    pub links: Vec<Link>,
}

/// How the public may know that we look.
pub fn how(scene: &Scene<'_>, card: &Card<'_>) -> Vec<How> {
    let rule = |name: &str, text: String| How { name: name.to_owned(), text, links: Vec::new() };
    let run = &scene.world.settings.run;
    let component = card.component;
    let mut rules: Vec<How> = component
        .probes
        .iter()
        .filter(|p| p.visibility == Visibility::Public)
        .map(|p| rule(&say::sentence_case(&say::every(p.every.unwrap_or(run.interval))), kind(p.kind)))
        .collect();
    if component.probes.is_empty() {
        rules.push(rule("As reported", "Nothing looks at it. It shows what people say.".to_owned()));
    } else {
        let places = run.vantages.len();
        let who =
            if places > 1 { format!("{} of {places} places see it fail", run.quorum) } else { "it fails".to_owned() };
        rules.push(rule("Down when", format!("{who}, {} in a row", looks(component.rules.open_after))));
        rules.push(rule("Up again when", format!("it works, {} in a row", looks(component.rules.resolve_after))));
        rules.push(rule("A blip", format!("fails for less than {}", component.rules.blip_within)));
    }
    if component.probes.len() > 1 && component.combine == Combine::Any {
        rules.push(rule("Enough", "one of these that works".to_owned()));
    }
    let links: Vec<Link> = component.depends_on.iter().filter_map(|id| scene.card(id)).map(Card::link).collect();
    if !links.is_empty() {
        rules.push(How { name: "Stands on".to_owned(), text: String::new(), links });
    }
    rules
}

fn looks(n: u32) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", say::number(n as usize)),
    }
}

fn kind(kind: &str) -> String {
    match kind {
        "http" => "A web request".to_owned(),
        "tcp" => "A TCP connection".to_owned(),
        "dns" => "A DNS question".to_owned(),
        "heartbeat" => "The age of its heartbeat".to_owned(),
        "exec" => "A check of its own".to_owned(),
        "disk" => "The room and the speed of its disk".to_owned(),
        "icmp" => "A ping".to_owned(),
        "ssh" => "A login by SSH".to_owned(),
        "tls" => "A TLS handshake".to_owned(),
        "smtp" => "A question to a mail server".to_owned(),
        "websocket" => "A WebSocket".to_owned(),
        "grpc" => "A question for its health".to_owned(),
        "domain" => "The registration of its domain".to_owned(),
        "postgres" | "mysql" => "A question to the database".to_owned(),
        "redis" => "A question to Redis".to_owned(),
        other => format!("A look by {other}"),
    }
}
