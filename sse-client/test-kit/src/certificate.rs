//! [`Certificate`]: whom an `https` server claims to be.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{CertificateParams, CertifiedKey, DnType, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::patience::fail;

/// A self-signed certificate, made at run time, and its key. A client trusts it only if it is told to.
///
/// # Examples
///
/// ```
/// use sse_test_kit::{Answer, Certificate, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// let certificate = Certificate::for_loopback();
/// let server = Server::builder()
///     .tls(&certificate)
///     .answers([Answer::stream("data: a\n\n")])
///     .start();
///
/// let trusted = reqwest::Certificate::from_pem(certificate.pem().as_bytes())?;
/// let client = reqwest::Client::builder().tls_certs_only([trusted]).build()?;
/// let response = client.get(server.url("/")).send().await?;
/// assert_eq!(response.text().await?, "data: a\n\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Certificate(Arc<CertifiedKey<KeyPair>>);

impl Certificate {
    /// Makes one for `127.0.0.1` and `localhost`, the names of a [`Server`](crate::Server).
    #[must_use]
    pub fn for_loopback() -> Self {
        Self::for_names(["127.0.0.1", "localhost"])
    }

    /// Makes one for the names of hosts, or for IP addresses.
    ///
    /// # Panics
    ///
    /// If a name is not ASCII.
    #[must_use]
    pub fn for_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::sign(&params(names))
    }

    /// Makes one that is not valid any more, for `127.0.0.1` and `localhost`.
    #[must_use]
    pub fn expired() -> Self {
        let mut params = params(["127.0.0.1", "localhost"]);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 1);
        Self::sign(&params)
    }

    /// Returns it as PEM, as a client's settings or its command line take it.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.cert.pem()
    }

    /// Returns it as DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        self.0.cert.der()
    }

    fn sign(params: &CertificateParams) -> Self {
        let signed = KeyPair::generate().and_then(|signing_key| {
            let cert = params.self_signed(&signing_key)?;
            Ok(CertifiedKey { cert, signing_key })
        });
        match signed {
            Ok(key) => Self(Arc::new(key)),
            Err(error) => fail(format_args!("cannot make a certificate: {error}")),
        }
    }

    /// Returns what makes TLS out of connections, for an application protocol.
    pub(crate) fn acceptor(&self, protocol: &[u8]) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(self.0.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(vec![self.0.cert.der().clone()], key)
            });
        match config {
            Ok(mut config) => {
                config.alpn_protocols = vec![protocol.to_vec()];
                TlsAcceptor::from(Arc::new(config))
            }
            Err(error) => fail(format_args!("cannot set TLS up: {error}")),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

fn params<'a>(names: impl IntoIterator<Item = &'a str>) -> CertificateParams {
    let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
    match CertificateParams::new(names) {
        Ok(mut params) => {
            // A name of its own, or one certificate would pass for the issuer of another.
            static MADE: AtomicU64 = AtomicU64::new(0);
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let name = format!("sse-test-kit {number}");
            params.distinguished_name.push(DnType::CommonName, name);
            params
        }
        Err(error) => fail(format_args!("cannot make a certificate: {error}")),
    }
}
