//! The URL of an event stream.

use reqwest::Url;

/// Parses the URL of an event stream, or says what is wrong with it. The messages do not repeat it, since it may hold
/// secrets.
pub(crate) fn parse_url(url: &str) -> Result<Url, String> {
    let mut url: Url = url
        .parse()
        .map_err(|error| format!("URL is not one: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        return Err(format!(
            "URL begins with {scheme}:, not with http: or https:"
        ));
    }
    url.set_fragment(None);
    Ok(url)
}
