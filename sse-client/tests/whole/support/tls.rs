//! A certificate that the client trusts.
//!
//! The client's own HTTP client trusts whom the system trusts, and asks the environment where to find those. So such a test
//! runs in a process of its own, whose environment names the certificate that is made for it.

use sse_test_kit::Certificate;

use super::process::run_alone;

/// Returns a certificate that this process trusts. `None` if it is not that process: then the test of that name was run by
/// another one, and has passed.
pub(crate) fn trusted(test: &str) -> Option<Certificate> {
    if let Some(path) = std::env::var_os(TRUSTED) {
        let certificate = Certificate::for_loopback();
        // The client looks when it is made.
        std::fs::write(path, certificate.pem()).unwrap();
        return Some(certificate);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pem");
    run_alone(test, |command| {
        command
            .env(TRUSTED, &path)
            .env("SSL_CERT_FILE", &path)
            .env_remove("SSL_CERT_DIR");
    });
    None
}

/// Names the file with the certificate, in the environment of the process that trusts it.
const TRUSTED: &str = "SSE_CLIENT_TEST_TRUSTED";
