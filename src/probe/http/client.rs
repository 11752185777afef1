//! The HTTP client of one try: whom it trusts, what it shows of itself, and the hooks that tell how far it came.

use std::sync::Arc;

use reqwest::{Client, Proxy, redirect, retry};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Options;
use super::trace::{Connections, Handshakes, Names, Trace};
use crate::probe::saw::Ask;
use crate::probe::trouble::{Trouble, chain};
use crate::probe::trust::Certificates;

/// A certificate with its key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What this machine shows of itself, where the operator gave it something to show.
pub(super) fn identity(options: &Options, story: &mut Vec<String>) -> Result<Option<Identity>, Trouble> {
    let Some(file) = &options.client_cert else { return Ok(None) };
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = certificates.and_then(|own| Ok((own, PrivateKeyDer::from_pem_file(file)?)));
    let (own, key) = read.map_err(|e| {
        story.push(format!("client_cert {}: {e}", file.display()));
        Trouble::ours("tls", "this machine could not read its own certificate")
    })?;
    Ok(Some((own, key)))
}

/// A client for one try: nothing of an earlier one is used again, no environment is read.
pub(super) fn new(
    options: &Options,
    ask: &Ask<'_>,
    identity: Option<Identity>,
    trace: &Trace,
    story: &mut Vec<String>,
) -> Result<Client, Trouble> {
    let tls = tls(options, ask, identity, trace).map_err(|e| {
        story.push(format!("client_cert: {e}"));
        Trouble::ours("tls", "this machine could not use its own certificate")
    })?;
    build(options, tls, trace).map_err(|e| {
        story.push(format!("the client could not be made: {}", chain(&e)));
        Trouble::ours("connect", "this machine could not make the request")
    })
}

/// Only a key that does not fit its certificate is refused here.
fn tls(
    options: &Options,
    ask: &Ask<'_>,
    identity: Option<Identity>,
    trace: &Trace,
) -> Result<ClientConfig, rustls::Error> {
    let hops = trace.clone();
    let note = move |shown| hops.note(|hop, _| hop.shown = shown);
    let verifier = Certificates::new(ask, options.ca_file.clone(), note);
    let tls = ClientConfig::builder_with_provider(ask.trust.provider().clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut tls = match identity {
        Some((own, key)) => tls.with_client_auth_cert(own, key)?,
        None => tls.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls.resumption = Resumption::store(Arc::new(Handshakes(trace.clone())));
    Ok(tls)
}

fn build(options: &Options, tls: ClientConfig, trace: &Trace) -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        .user_agent(concat!("statuary/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .dns_resolver(Arc::new(Names {
            trace: trace.clone(),
            fixed: (!options.resolve.is_empty()).then(|| (options.host.clone(), options.resolve.clone())),
            family: options.family,
        }))
        .connector_layer(Connections(trace.clone()));
    if let Some(proxy) = &options.proxy {
        builder = builder.proxy(Proxy::all(proxy.expose())?);
    }
    builder.tls_backend_preconfigured(tls).build()
}
