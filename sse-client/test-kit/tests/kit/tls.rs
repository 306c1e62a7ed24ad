//! TLS, with certificates made here, judged by reqwest.

use sse_test_kit::{Answer, Certificate, Server, Signal, clock::run};

fn client(trusted: &Certificate) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_der(trusted.der()).unwrap();
    // Whatever else the build has: the messages are those of rustls.
    let builder = reqwest::Client::builder().no_proxy().tls_backend_rustls();
    builder.tls_certs_only([trusted]).build().unwrap()
}

/// What the messages of an error and of its causes say.
fn says(error: &reqwest::Error) -> String {
    let mut said = String::new();
    let mut error: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = error {
        said += &format!("{one}; ");
        error = one.source();
    }
    said
}

#[test]
fn both_versions_of_http() {
    run(async {
        let certificate = Certificate::for_loopback();
        for (is_http2, version) in [
            (false, http::Version::HTTP_11),
            (true, http::Version::HTTP_2),
        ] {
            let builder = Server::builder().tls(&certificate);
            let builder = if is_http2 { builder.http2() } else { builder };
            let seen = Signal::new();
            let server = builder
                .answers([
                    Answer::stream("data: a\n\n").wait(&seen).cut(),
                    Answer::stream("data: b\n\n").until_close(),
                ])
                .start();
            assert!(server.url("/").starts_with("https://127.0.0.1:"));
            let client = client(&certificate);
            let mut response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.version(), version);
            assert_eq!(response.chunk().await.unwrap().unwrap(), "data: a\n\n");
            seen.give();
            response.chunk().await.unwrap_err();
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), "data: b\n\n");
        }
    });
}

#[test]
fn a_cut_lacks_the_closing_alert() {
    run(async {
        let certificate = Certificate::for_loopback();
        let server = Server::builder()
            .tls(&certificate)
            .answers([Answer::stream("x").until_close().cut()])
            .start();
        let response = client(&certificate).get(server.url("/")).send().await;
        let error = response.unwrap().text().await.unwrap_err();
        assert!(says(&error).contains("close_notify"), "{}", says(&error));
    });
}

#[test]
fn certificates_that_are_refused() {
    run(async {
        let certificate = Certificate::for_loopback();
        for (certificate, trusted, why) in [
            (&certificate, &Certificate::for_loopback(), "UnknownIssuer"),
            (&Certificate::expired(), &certificate, "certificate"),
            (
                &Certificate::for_names(["example.com"]),
                &certificate,
                "certificate",
            ),
        ] {
            let server = Server::builder().tls(certificate).start();
            let asked = client(trusted).get(server.url("/")).send().await;
            let error = asked.unwrap_err();
            assert!(says(&error).contains(why), "{}", says(&error));
            server.closed(1).await;
            assert!(server.requests().is_empty());
            assert!(server.troubles()[0].starts_with("no TLS: "));
        }
        // Trusted, but for what they say.
        for (certificate, why) in [
            (Certificate::expired(), "expired"),
            (
                Certificate::for_names(["example.com"]),
                "not valid for name",
            ),
        ] {
            let server = Server::builder().tls(&certificate).start();
            let error = client(&certificate).get(server.url("/")).send().await;
            let said = says(&error.unwrap_err());
            assert!(said.to_lowercase().contains(why), "{said}");
        }
    });
}

#[test]
fn a_connection_that_dies_before_tls() {
    run(async {
        let certificate = Certificate::for_loopback();
        let server = Server::builder()
            .tls(&certificate)
            .answers([Answer::close().reset().at_accept()])
            .start();
        let error = client(&certificate).get(server.url("/")).send().await;
        assert!(error.unwrap_err().is_connect());
        server.played(1).await;
    });
}
