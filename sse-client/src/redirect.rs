//! Follows redirects: where a `Location` leads, and which of the caller's headers may go there.

use http::HeaderMap;
use http::header::{self, HeaderName, LOCATION};
use reqwest::Url;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) url: Url,
    /// Whether a redirect to another origin lies on the way. Then most of the caller's headers stay at home, for the
    /// rest of the way, even if it leads back: what another origin says must not decide where secrets go.
    pub(crate) foreign: bool,
}

impl Target {
    /// Makes the target of the URL that the caller gave.
    pub(crate) fn new(url: Url) -> Self {
        Self {
            url,
            foreign: false,
        }
    }

    /// Returns where a redirect leads, or why it leads nowhere.
    pub(crate) fn redirected(&self, headers: &HeaderMap) -> Result<Self, BadRedirect> {
        let location = headers.get(LOCATION).ok_or(BadRedirect::NoLocation)?;
        let location =
            std::str::from_utf8(location.as_bytes()).map_err(|_| BadRedirect::BadLocation)?;
        let url = self
            .url
            .join(location)
            .map_err(|_| BadRedirect::BadLocation)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(BadRedirect::BadScheme);
        }
        Ok(self.moved_to(url))
    }

    /// Returns the target with another URL, which the server, or the HTTP client with redirects of its own, has chosen.
    pub(crate) fn moved_to(&self, mut url: Url) -> Self {
        let same_origin = url.origin() == self.url.origin();
        if same_origin && url.username().is_empty() && url.password().is_none() {
            // Credentials in the URL are the caller's as much as those in a header, so they stay within the origin,
            // also when an absolute `Location` does not repeat them. Neither setter can fail on a URL with a host.
            let _ = url.set_username(self.url.username());
            let _ = url.set_password(self.url.password());
        }
        Self {
            url,
            foreign: self.foreign || !same_origin,
        }
    }
}

/// Why a redirect cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadRedirect {
    NoLocation,
    BadLocation,
    BadScheme,
    BodyToOtherOrigin,
    TooMany,
}

/// Returns whether a header of the caller's may go to another origin than the one that it was meant for.
///
/// An allow-list, since secrets travel in headers of any name: `Authorization`, `Cookie`, `x-api-key`, and tomorrow's.
pub(crate) fn may_travel(name: &HeaderName) -> bool {
    TRAVELLERS.contains(name)
}

const TRAVELLERS: [HeaderName; 6] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CACHE_CONTROL,
    header::PRAGMA,
    header::USER_AGENT,
];

/// How many redirects in a row are followed: as many as the Fetch standard has browsers follow.
pub(crate) const MAX_REDIRECTS: u32 = 20;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn redirected(from: &str, location: &str) -> Result<(String, bool), BadRedirect> {
        let mut headers = HeaderMap::new();
        headers.insert(
            LOCATION,
            HeaderValue::from_bytes(location.as_bytes()).unwrap(),
        );
        let target = Target::new(from.parse().unwrap()).redirected(&headers)?;
        Ok((target.url.into(), target.foreign))
    }

    #[test]
    fn a_location_is_resolved_against_the_url_that_answered() {
        for (location, url) in [
            ("/b", "http://host/b"),
            ("b", "http://host/dir/b"),
            ("?b", "http://host/dir/a?b"),
            ("../b?c", "http://host/b?c"),
            ("http://host/b", "http://host/b"),
            ("//host/b", "http://host/b"),
            ("HTTP://HOST:80/b", "http://host/b"),
            ("/ü", "http://host/%C3%BC"),
        ] {
            assert_eq!(
                redirected("http://host/dir/a?x", location),
                Ok((url.to_owned(), false)),
                "{location}"
            );
        }
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        for location in [
            "https://host/a",
            "http://other/a",
            "http://host:81/a",
            "//sub.host/a",
        ] {
            let (_, foreign) = redirected("http://host/a", location).unwrap();
            assert!(foreign, "{location}");
        }
    }

    #[test]
    fn the_way_back_home_is_still_foreign() {
        let home = Target::new("http://host/a".parse().unwrap());
        let away = home.moved_to("http://other/a".parse().unwrap());
        let back = away.moved_to("http://host/a".parse().unwrap());
        assert_eq!((away.foreign, back.foreign), (true, true));
    }

    #[test]
    fn credentials_in_the_url_stay_within_the_origin() {
        for (location, url) in [
            ("/b", "http://me:pw@host/b"),
            ("http://host/b", "http://me:pw@host/b"),
            ("http://you@host/b", "http://you@host/b"),
            ("http://other/b", "http://other/b"),
            ("https://host/b", "https://host/b"),
        ] {
            assert_eq!(redirected("http://me:pw@host/a", location).unwrap().0, url);
        }
    }

    #[test]
    fn what_leads_nowhere_says_why() {
        for (location, why) in [
            ("http://[", BadRedirect::BadLocation),
            ("ftp://host/", BadRedirect::BadScheme),
            ("data:text/event-stream,data:x", BadRedirect::BadScheme),
            ("javascript:0", BadRedirect::BadScheme),
        ] {
            assert_eq!(redirected("http://host/", location), Err(why), "{location}");
        }
        let target = Target::new("http://host/".parse().unwrap());
        assert_eq!(
            target.redirected(&HeaderMap::new()),
            Err(BadRedirect::NoLocation)
        );
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_bytes(b"/\xff").unwrap());
        assert_eq!(target.redirected(&headers), Err(BadRedirect::BadLocation));
    }

    #[test]
    fn secrets_do_not_travel() {
        for name in [
            "authorization",
            "cookie",
            "x-api-key",
            "proxy-authorization",
            "api-key",
            "x-anything",
        ] {
            assert!(!may_travel(&HeaderName::from_static(name)), "{name}");
        }
        for name in ["accept", "accept-language", "user-agent"] {
            assert!(may_travel(&HeaderName::from_static(name)), "{name}");
        }
    }
}
