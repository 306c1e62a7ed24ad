//! Who may ask: the checks of `Host` and `Origin`, and the headers of CORS.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, HOST, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Uri};

/// Which requests are taken.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// `None` takes any host.
    pub(crate) hosts: Option<Vec<String>>,
    pub(crate) origins: Vec<String>,
    /// Pages of listed origins may send cookies.
    pub(crate) credentials: bool,
}

/// What a gate has made of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A request of the server's own origin, or of no page.
    Own,
    /// One of another origin that is allowed: the answer names it, and says whether it may send cookies.
    Other(HeaderValue, bool),
    Refused(&'static str),
}

impl Gate {
    pub(crate) fn judge(&self, request: &Parts) -> Verdict {
        let Ok(host) = host(request) else {
            return Verdict::Refused("this request names no host, or several\n");
        };
        if let (Some(hosts), Some(host)) = (&self.hosts, &host) {
            let name = host.host().to_ascii_lowercase();
            if !hosts.contains(&name) {
                return Verdict::Refused("this host is not served here; see allowed_hosts\n");
            }
        } else if self.hosts.is_some() {
            return Verdict::Refused("this request names no host\n");
        }
        let mut origins = request.headers.get_all(ORIGIN).iter();
        let origin = match (origins.next(), origins.next()) {
            (None, _) => return Verdict::Own,
            (Some(origin), None) => origin,
            (Some(_), Some(_)) => return Verdict::Refused("this request has several origins\n"),
        };
        if host.is_some_and(|host| is_origin_of(origin, &host)) {
            return Verdict::Own;
        }
        let is_listed = |listed: &String| listed.as_bytes() == origin.as_bytes();
        if self.origins.iter().any(is_listed) {
            return Verdict::Other(origin.clone(), self.credentials);
        }
        // Never with cookies, or any page could read what its visitor may read.
        if self.origins.iter().any(|listed| listed == "*") {
            return Verdict::Other(origin.clone(), false);
        }
        Verdict::Refused("pages of this origin may not read this; see allowed_origins\n")
    }
}

impl Verdict {
    /// Adds to an answer what lets a page of the other origin read it.
    pub(crate) fn mark(self, headers: &mut HeaderMap, preflight: bool) {
        let Self::Other(origin, credentials) = self else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if credentials {
            headers.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if preflight {
            headers.insert(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, POST"),
            );
            headers.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static(
                    "Last-Event-ID, Cache-Control, Content-Type, Authorization",
                ),
            );
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
    }
}

/// The host that a request names: HTTP/2 puts it into the URI. Fails if there are several, or one that is none.
fn host(request: &Parts) -> Result<Option<Authority>, ()> {
    if let Some(authority) = request.uri.authority() {
        return Ok(Some(authority.clone()));
    }
    let mut hosts = request.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => Ok(None),
        (Some(host), None) => Authority::try_from(host.as_bytes())
            .map(Some)
            .map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// Compares host and port; which of the two schemes it is, a server behind a proxy does not know.
fn is_origin_of(origin: &HeaderValue, host: &Authority) -> bool {
    let Ok(origin) = Uri::try_from(origin.as_bytes()) else {
        return false;
    };
    let default = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let same_name = origin
        .host()
        .is_some_and(|name| name.eq_ignore_ascii_case(host.host()));
    same_name && origin.port_u16().unwrap_or(default) == host.port_u16().unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn judge(gate: &Gate, headers: &[(&str, &str)]) -> Verdict {
        let mut request = Request::builder().uri("/events");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        gate.judge(&request.body(()).unwrap().into_parts().0)
    }

    fn is_refused(gate: &Gate, headers: &[(&str, &str)]) -> bool {
        matches!(judge(gate, headers), Verdict::Refused(_))
    }

    fn local() -> Gate {
        Gate {
            hosts: Some(vec![
                "localhost".to_owned(),
                "127.0.0.1".to_owned(),
                "[::1]".to_owned(),
            ]),
            origins: vec!["https://a.example".to_owned()],
            credentials: true,
        }
    }

    #[test]
    fn only_hosts_that_are_listed_are_served() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080"] {
            assert_eq!(judge(&local(), &[("host", host)]), Verdict::Own, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "",
            "a b",
            "127.0.0.2",
        ] {
            assert!(is_refused(&local(), &[("host", host)]), "{host}");
        }
        assert!(is_refused(&local(), &[]));
        assert!(is_refused(
            &local(),
            &[("host", "localhost"), ("host", "localhost")]
        ));
        let any = Gate {
            hosts: None,
            origins: Vec::new(),
            credentials: false,
        };
        assert_eq!(judge(&any, &[]), Verdict::Own);
        assert_eq!(judge(&any, &[("host", "evil.example")]), Verdict::Own);
    }

    #[test]
    fn the_host_in_the_uri_is_the_one_that_counts() {
        // A request to a proxy, and every request of HTTP/2.
        for (uri, is_own) in [
            ("http://localhost:8080/events", true),
            ("http://evil.example/events", false),
        ] {
            let request = Request::builder().uri(uri).header("host", "localhost");
            let verdict = local().judge(&request.body(()).unwrap().into_parts().0);
            assert_eq!(verdict == Verdict::Own, is_own, "{uri}");
        }
    }

    #[test]
    fn pages_of_other_origins_are_refused_unless_they_are_listed() {
        let host = ("host", "localhost:8080");
        for origin in [
            "http://localhost:8080",
            "https://localhost:8080",
            "http://LOCALHOST:8080",
        ] {
            assert_eq!(
                judge(&local(), &[host, ("origin", origin)]),
                Verdict::Own,
                "{origin}"
            );
        }
        let listed = HeaderValue::from_static("https://a.example");
        assert_eq!(
            judge(&local(), &[host, ("origin", "https://a.example")]),
            Verdict::Other(listed, true)
        );
        for origin in [
            "http://a.example",
            "https://b.example",
            "http://localhost",
            "null",
            "",
            "https://a.example.evil",
        ] {
            assert!(
                is_refused(&local(), &[host, ("origin", origin)]),
                "{origin}"
            );
        }
        assert!(is_refused(
            &local(),
            &[
                host,
                ("origin", "http://localhost:8080"),
                ("origin", "https://a.example")
            ]
        ));
        let any = Gate {
            hosts: None,
            origins: vec!["*".to_owned()],
            credentials: true,
        };
        let null = HeaderValue::from_static("null");
        assert_eq!(
            judge(&any, &[host, ("origin", "null")]),
            Verdict::Other(null, false)
        );
    }

    #[test]
    fn the_default_port_need_not_be_named() {
        let gate = Gate {
            hosts: None,
            origins: Vec::new(),
            credentials: false,
        };
        for (host, origin) in [
            ("a.example", "http://a.example"),
            ("a.example:80", "http://a.example"),
            ("a.example", "https://a.example"),
            ("a.example:443", "https://a.example"),
        ] {
            assert_eq!(
                judge(&gate, &[("host", host), ("origin", origin)]),
                Verdict::Own,
                "{host} {origin}"
            );
        }
        assert!(is_refused(
            &gate,
            &[("host", "a.example:443"), ("origin", "http://a.example")]
        ));
    }
}
