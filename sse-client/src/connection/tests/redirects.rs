//! Where redirects lead, and what goes along.

use super::*;

#[test]
fn redirects_are_followed_and_a_reconnect_asks_the_original_url_or_by_the_standard_the_last() {
    for (policy, asked) in [
        (Policy::resilient(), URL),
        (Policy::standard(), "http://host/b"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let mut connection = with_policy(policy.clone());
            connection.expect_send();
            connection.head(at(0), head_with(status, &[(LOCATION, "/b")]));
            assert_eq!(connection.expect_send().url.as_str(), "http://host/b");
            let url = "http://host/b".parse().unwrap();
            connection.head(
                at(0),
                ResponseHead::new(url, StatusCode::OK, event_stream().headers().clone()),
            );
            assert!(
                matches!(connection.expect_yield(), Update::Open(head) if head.url() == "http://host/b")
            );
            connection.end(at(0));
            connection.expect_reconnecting();
            connection.timer(at(9));
            assert_eq!(connection.expect_send().url.as_str(), asked);
        }
    }
}

#[test]
fn twenty_redirects_are_followed_and_no_more() {
    for policy in [Policy::resilient(), Policy::standard(), Policy::never()] {
        let mut connection = with_policy(policy);
        for _ in 0..=20 {
            connection.expect_send();
            connection.head(at(0), head_with(302, &[(LOCATION, "/")]));
        }
        connection.expect_read();
        connection.end(at(0));
        let error = failed_with(connection.expect_closed());
        assert!(error.is_redirect() && !error.is_status());
    }
}

#[test]
fn secrets_stay_at_home_and_are_back_on_a_reconnect() {
    for (policy, keeps) in [(Policy::resilient(), true), (Policy::standard(), false)] {
        let mut settings = Settings {
            policy,
            ..settings()
        };
        settings
            .request
            .headers
            .insert("x-api-key", HeaderValue::from_static("secret"));
        let mut connection = Connection::new(settings);
        assert!(connection.expect_send().headers.contains_key("x-api-key"));
        connection.head(at(0), head_with(307, &[(LOCATION, "http://other/")]));
        assert!(!connection.expect_send().headers.contains_key("x-api-key"));
        let url = "http://other/".parse().unwrap();
        connection.head(
            at(0),
            ResponseHead::new(url, StatusCode::OK, event_stream().headers().clone()),
        );
        connection.expect_yield();
        connection.end(at(0));
        connection.expect_reconnecting();
        connection.timer(at(9));
        assert_eq!(
            connection.expect_send().headers.contains_key("x-api-key"),
            keeps
        );
    }
}
