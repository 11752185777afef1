//! A certificate authority of the tests' own, and what it signs: good, expired, for another name.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use tempfile::TempDir;

/// Signs certificates; trusted by whoever is given its file (`SSL_CERT_FILE`, `curl --cacert`).
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
    pem: String,
}

/// A certificate with its key.
pub struct Certificate {
    /// The certificate and then the authority's, in PEM.
    pub chain_pem: String,
    /// The private key, in PEM.
    pub key_pem: String,
}

impl Authority {
    /// A new one, with a key of its own.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).expect("an authority signs itself").pem();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(folder.path().join("ca.pem"), &pem).expect("a temporary folder can be written");
        Self { issuer: Issuer::new(params, key), folder, pem }
    }

    /// Its own certificate, as a file in PEM.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A good certificate for `localhost`, valid until 2099.
    pub fn good(&self) -> Certificate {
        self.sign(&params(&["localhost"]))
    }

    /// One for `localhost` that ended on 1 January 2021.
    pub fn expired(&self) -> Certificate {
        let mut params = params(&["localhost"]);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.sign(&params)
    }

    /// A valid one, for `other.example`.
    pub fn wrong_name(&self) -> Certificate {
        self.sign(&params(&["other.example"]))
    }

    fn sign(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().expect("a key can be made");
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate can be signed");
        Certificate { chain_pem: format!("{}{}", signed.pem(), self.pem), key_pem: key.serialize_pem() }
    }
}

/// Valid from 2020 to 2099.
fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("these are DNS names");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params
}
