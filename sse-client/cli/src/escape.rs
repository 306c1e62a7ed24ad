//! Makes text from the peer harmless on a terminal.
//!
//! A terminal obeys what it is sent: control characters move the cursor, retitle the window or fill the clipboard, and
//! some format characters reorder or hide the text around them. Here each of them becomes visible text.
//!
//! Escaped are all control characters (C0, DEL, C1), line and paragraph separators, the marks, embeddings, overrides
//! and isolates that steer the direction of text, and characters without any width of their own. Not escaped are
//! U+200C and U+200D, without which Persian, Indic scripts and joined emoji fall apart, and variation selectors.
//!
//! A backslash is not escaped: most data is JSON and would become hard to read. So what a terminal shows does not always
//! tell an escaped character from text that looks like one. Output that does not go to a terminal is exact.

use std::borrow::Cow;

/// Escapes all but the line ends and tabs. For text of many lines.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| {
        !matches!(character, '\n' | '\t') && is_dangerous(character)
    })
}

/// Escapes line ends and tabs too. For text that has to stay on its line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_dangerous)
}

/// Says whether a terminal should not be sent a character as it is.
pub(crate) fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' // soft hyphen
            | '\u{34f}' // combining grapheme joiner
            | '\u{61c}' // Arabic letter mark
            | '\u{180e}' // Mongolian vowel separator
            | '\u{200b}' // zero width space
            | '\u{200e}'..='\u{200f}' // marks of direction
            | '\u{2028}'..='\u{202e}' // separators of lines and paragraphs, embeddings and overrides of direction
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates, deprecated formats
            | '\u{feff}' // zero width no-break space
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    let Some(first) = text.find(&is_escaped) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut escaped = String::with_capacity(text.len() + 16);
    escaped.push_str(clean);
    for character in rest.chars() {
        if !is_escaped(character) {
            escaped.push(character);
        } else if matches!(character, '\n' | '\r' | '\t') {
            escaped.extend(character.escape_default());
        } else {
            escaped.extend(character.escape_unicode());
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        for text in [
            "",
            "hello",
            "{\"a\":\"\\u001b\"}",
            "żółć",
            "漢字",
            "می\u{200c}خواهم",
            "👩\u{200d}🚀",
            "❤\u{fe0f}",
        ] {
            assert!(
                matches!(line(text), Cow::Borrowed(same) if same == text),
                "{text:?}"
            );
        }
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(line("a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(line("\0\x07\x08\x7f"), "\\u{0}\\u{7}\\u{8}\\u{7f}");
        assert_eq!(line("\u{9b}2J \u{85}"), "\\u{9b}2J \\u{85}");
        assert_eq!(line("\x1b]52;c;cm0=\x1b\\"), "\\u{1b}]52;c;cm0=\\u{1b}\\");
    }

    #[test]
    fn characters_that_reorder_or_hide_text_become_visible() {
        assert_eq!(line("exe\u{202e}gpj"), "exe\\u{202e}gpj");
        assert_eq!(
            line("\u{2066}\u{2069}\u{200f}\u{61c}"),
            "\\u{2066}\\u{2069}\\u{200f}\\u{61c}"
        );
        assert_eq!(line("a\u{200b}b\u{feff}"), "a\\u{200b}b\\u{feff}");
        assert_eq!(line("\u{2028}\u{e0041}"), "\\u{2028}\\u{e0041}");
    }

    #[test]
    fn line_ends_and_tabs_stay_only_where_they_may() {
        assert_eq!(lines("a\n\tb\r"), "a\n\tb\\r");
        assert_eq!(line("a\n\tb\r"), "a\\n\\tb\\r");
    }
}
