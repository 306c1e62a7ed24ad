//! Reads `Retry-After`: how long a server asks to be left alone, in seconds or as a date.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Returns how long from now the server does not want to be asked again, at most [`MAX_RETRY_AFTER`].
///
/// A date in the past is zero. What is neither a number nor a date is ignored, like a missing header.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let time = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that do not fit are a number all the same, a very large one.
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(now).unwrap_or_default()
    };
    Some(time.min(MAX_RETRY_AFTER))
}

/// The longest `Retry-After` that is obeyed. Without a bound, a wrong clock or one bad number would silence the client
/// for ever.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the example date of RFC 9110.
    const NOW: Duration = Duration::from_secs(784_111_777);

    fn read(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        retry_after(&headers, SystemTime::UNIX_EPOCH + NOW).map(|time| time.as_secs())
    }

    #[test]
    fn seconds() {
        for (value, seconds) in [("0", 0), ("120", 120), (" 7 ", 7), ("0009", 9)] {
            assert_eq!(read(value), Some(seconds), "{value:?}");
        }
    }

    #[test]
    fn dates_in_all_three_forms() {
        for value in [
            "Sun, 06 Nov 1994 08:50:37 GMT",
            "Sunday, 06-Nov-94 08:50:37 GMT",
            "Sun Nov  6 08:50:37 1994",
        ] {
            assert_eq!(read(value), Some(60), "{value:?}");
        }
    }

    #[test]
    fn a_date_in_the_past_is_now() {
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
    }

    #[test]
    fn long_times_are_capped_at_an_hour() {
        for value in [
            "3601",
            "99999999999999999999999",
            "Sat, 06 Nov 2094 08:50:37 GMT",
        ] {
            assert_eq!(read(value), Some(3_600), "{value:?}");
        }
    }

    #[test]
    fn anything_else_is_ignored() {
        for value in ["", "soon", "-1", "+1", "1.5", "1e3", "120 seconds"] {
            assert_eq!(read(value), None, "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), SystemTime::UNIX_EPOCH), None);
    }
}
