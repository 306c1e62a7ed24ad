//! The rules of the standard's section, and where `sse-codec` deviates from them on purpose: `rules.jsonl`.

use std::collections::BTreeSet;

use serde::Deserialize;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, by which vectors cite it.
    pub id: String,
    /// The anchor of the standard's section that it comes from, with the `#`.
    pub anchor: String,
    /// What the standard asks for, in one sentence.
    pub rule: String,
    /// What `sse-codec` does instead, if it deviates.
    pub deviation: Option<String>,
    /// Why it deviates.
    pub reason: Option<String>,
}

impl Rule {
    /// Reads all rules, in the order of the file.
    ///
    /// # Panics
    ///
    /// If the file is not what it should be: an unknown key, a rule twice, an unknown anchor, a statement that is not
    /// a sentence, a deviation without a reason or the other way round.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut ids = BTreeSet::new();
        let mut rules = Vec::new();
        for (index, line) in RULES.lines().enumerate() {
            let place = format!("rules.jsonl:{}", index + 1);
            let rule: Self =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert!(
                ids.insert(rule.id.clone()),
                "{place}: {} stands there twice",
                rule.id
            );
            assert!(
                ANCHORS.contains(&&*rule.anchor),
                "{place}: unknown anchor {}",
                rule.anchor
            );
            for sentence in [
                Some(&rule.rule),
                rule.deviation.as_ref(),
                rule.reason.as_ref(),
            ] {
                assert!(
                    sentence.is_none_or(|sentence| sentence.ends_with('.')),
                    "{place}: not a sentence: {sentence:?}"
                );
            }
            assert_eq!(
                rule.deviation.is_some(),
                rule.reason.is_some(),
                "{place}: a deviation needs a reason"
            );
            rules.push(rule);
        }
        rules
    }
}

/// The page that the anchors belong to.
pub const STANDARD: &str = "https://html.spec.whatwg.org/multipage/server-sent-events.html";

/// The sections of the standard that rule the format.
const ANCHORS: [&str; 3] = [
    "#parsing-an-event-stream",
    "#event-stream-interpretation",
    "#dispatchMessage",
];

const RULES: &str = include_str!("../rules.jsonl");
