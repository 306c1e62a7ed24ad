//! Reads the query of a URL as `URLSearchParams` does: `%2B` is a plus sign, and a plus sign is a space.

use percent_encoding::percent_decode;

/// Returns the values of all parameters of that name.
pub(crate) fn values<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = Vec<u8>> + 'a {
    let parameters = query
        .split('&')
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")));
    parameters
        .filter(move |(other, _)| percent_decode(other.as_bytes()).eq(name.bytes()))
        .map(|(_, value)| decoded(value))
}

fn decoded(value: &str) -> Vec<u8> {
    // A plus sign that is meant as one comes encoded, so the order of the two steps matters.
    let spaced: Vec<u8> = value
        .bytes()
        .map(|byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    percent_decode(&spaced).collect()
}
