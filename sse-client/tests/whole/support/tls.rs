//! Servers on loopback whose certificate the client trusts.
//!
//! The client's own HTTP client trusts whom the system trusts, and asks the environment where to find those. So such a test
//! runs in a process of its own, whose environment names the certificate that was made for it.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::process::run_alone;

/// A certificate for 127.0.0.1, and its key.
pub(crate) struct Identity {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Returns the identity that this process trusts. `None` if it is not that process: then the test of that name was run by
/// another one, and has passed.
pub(crate) fn trusted(test: &str) -> Option<Identity> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let read = |name| std::fs::read(Path::new(&folder).join(name)).unwrap();
        return Some(Identity {
            certificate: read("certificate.der"),
            key: read("key.der"),
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let write = |name, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("certificate.pem", own.cert.pem().as_bytes());
    write("certificate.der", own.cert.der());
    write("key.der", &own.signing_key.serialize_der());
    run_alone(test, |command| {
        command
            .env(FOLDER, folder.path())
            .env("SSL_CERT_FILE", folder.path().join("certificate.pem"))
            .env_remove("SSL_CERT_DIR");
    });
    None
}

impl Identity {
    /// Makes the server's side of TLS, with the application protocol that it offers.
    pub(crate) fn acceptor(&self, protocol: &[u8]) -> TlsAcceptor {
        let certificate = CertificateDer::from(self.certificate.clone());
        let key = PrivateKeyDer::Pkcs8(self.key.clone().into());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols.push(protocol.to_vec());
        TlsAcceptor::from(Arc::new(config))
    }
}

const FOLDER: &str = "SSE_CLIENT_TEST_IDENTITY";
