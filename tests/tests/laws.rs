//! The laws of parser and encoder on random input.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use sse_codec::Utf8Policy;
use sse_tests::laws::{self, Block};
use sse_tests::pieces;
use sse_tests::transcript::{DEFAULT_MAX_EVENT_BYTES, Options};

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn chunking_changes_nothing(stream in stream(), cuts in cuts(), options in options()) {
        holds(laws::chunking(&stream, &cuts, &options))?;
    }

    #[test]
    fn the_oracle_agrees(stream in stream(), cuts in cuts(), options in options()) {
        holds(laws::oracle_agreement(&stream, &cuts, &options))?;
    }

    #[test]
    fn the_oracle_agrees_byte_by_byte(stream in stream(), options in options()) {
        let cuts: Vec<_> = (0..=stream.len()).collect();
        holds(laws::oracle_agreement(&stream, &cuts, &options))?;
    }

    #[test]
    fn a_parser_starts_anew(first in stream(), second in stream(), options in options()) {
        holds(laws::reset(&first, &second, &options))?;
    }

    #[test]
    fn what_is_written_comes_back(blocks in vec(block(), 0..6), cuts in cuts()) {
        holds(laws::round_trip(&blocks, &cuts))?;
    }

    #[test]
    fn text_cannot_forge_anything(blocks in vec(block(), 0..6), cuts in cuts()) {
        holds(laws::injection(&blocks, &cuts))?;
    }
}

proptest! {
    #![proptest_config(cases(30))]

    #[test]
    fn the_oracle_agrees_on_long_streams(
        stream in stream(),
        long_data in option::of(1..200_000_usize),
        cuts in cuts(),
        options in options(),
    ) {
        let mut long = stream.repeat(100_000 / (stream.len() + 1));
        if let Some(length) = long_data {
            long.extend_from_slice(b"\n\ndata: ");
            long.extend(core::iter::repeat_n(b'y', length));
            long.extend_from_slice(b"\r\ndata: z\r\n\r\n");
        }
        long.extend_from_slice(&stream);
        holds(laws::oracle_agreement(&long, &cuts, &options))?;
        holds(laws::oracle_agreement(&long, &[], &options))?;
    }
}

proptest! {
    #![proptest_config(cases(150))]

    /// Pieces of work, such as what is validated in one go, have sizes that are powers of two.
    #[test]
    fn the_oracle_agrees_around_powers_of_two(
        stream in stream(),
        exponent in 12..17_u32,
        offset in any::<usize>(),
        options in options(),
    ) {
        let offset = offset % (stream.len() + 1);
        let padding = 2_usize.pow(exponent).saturating_sub(offset + 2);
        let mut long = b":".to_vec();
        long.extend(core::iter::repeat_n(b'p', padding));
        long.push(b'\n');
        long.extend_from_slice(&stream);
        holds(laws::oracle_agreement(&long, &[], &options))?;
    }

    /// Huge lines are read by some KiB at a time, whatever the chunks are.
    #[test]
    fn the_oracle_agrees_on_huge_lines_in_large_chunks(
        lines in vec((line_start(), 3_000..40_000_usize, filling(), nothing_or_stream()), 1..5),
        piece in 4_000..40_000_usize,
        options in options(),
        limit in option::of(3_000..60_000_usize),
    ) {
        let (long, options) = long_lines(lines, limit, &options);
        let cuts: Vec<_> = (0..=long.len()).step_by(piece).collect();
        holds(laws::oracle_agreement(&long, &cuts, &options))?;
    }

    /// Lines that cross chunks are handled by their length, and by that of the piece that a chunk has of them.
    #[test]
    fn the_oracle_agrees_on_lines_in_pieces_of_one_size(
        lines in vec((line_start(), line_len(), filling(), stream()), 1..4),
        piece in prop_oneof![1..80_usize, 500..520_usize, 1..1500_usize],
        options in options(),
        limit in option::of(400..9000_usize),
    ) {
        let (long, options) = long_lines(lines, limit, &options);
        let cuts: Vec<_> = (0..=long.len()).step_by(piece).collect();
        holds(laws::oracle_agreement(&long, &cuts, &options))?;
    }
}

/// Makes a stream of long lines, and options with another limit.
fn long_lines(
    lines: Vec<(&str, usize, Vec<u8>, Vec<u8>)>,
    limit: Option<usize>,
    options: &Options,
) -> (Vec<u8>, Options) {
    let mut long = Vec::new();
    for (start, len, filling, stream) in lines {
        long.extend_from_slice(start.as_bytes());
        long.extend(filling.iter().cycle().take(len));
        long.extend_from_slice(b"\n");
        long.extend_from_slice(&stream);
    }
    let max_event_bytes = limit.unwrap_or(options.max_event_bytes);
    let options = Options {
        max_event_bytes,
        ..options.clone()
    };
    (long, options)
}

fn line_start() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("data: "),
        1 => prop_oneof![Just("data:"), Just(""), Just("data"), Just("id: "), Just("event: "), Just(": ")],
    ]
}

fn line_len() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..130_usize,
        500..530_usize,
        4080..4110_usize,
        0..9000_usize
    ]
}

/// What a line is filled with: now and then ill-formed, or cut in the middle of a character.
fn filling() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"x".to_vec()),
        Just("x\u{e9}\u{20ac}\u{1f600}".as_bytes().to_vec()),
        Just(b"xxxxxxxxxxxxxxxxxxxxxxxxx\xE2\x82".to_vec()),
    ]
}

/// How many cases a law is given, unless the environment says otherwise (`PROPTEST_CASES`).
fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    // Inputs that failed once are kept here and tried first. The path is from the folder of the package.
    let failures = FileFailurePersistence::Direct("tests/laws.proptest-regressions");
    ProptestConfig {
        cases: cases.unwrap_or(default),
        failure_persistence: Some(Box::new(failures)),
        ..ProptestConfig::default()
    }
}

fn holds(law: Result<(), String>) -> Result<(), TestCaseError> {
    law.map_err(TestCaseError::fail)
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        9 => choices().prop_map(|choices| pieces::stream(&choices)),
        1 => vec(any::<u8>(), 0..200),
    ]
}

/// What stands between two lines: nothing if they are to be of one block.
fn nothing_or_stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Vec::new()), stream()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..12).prop_map(|choices| pieces::text(&choices)),
        1 => any::<String>(),
    ]
}

fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..12), vec(any::<u8>(), 0..80)]
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(any::<usize>(), 0..12)
}

fn options() -> impl Strategy<Value = Options> {
    let utf8 = prop_oneof![Just(Utf8Policy::Replace), Just(Utf8Policy::Reject)];
    let max_event_bytes = prop_oneof![
        3 => Just(DEFAULT_MAX_EVENT_BYTES),
        1 => Just(usize::MAX),
        4 => 0..40_usize,
        2 => 40..700_usize,
    ];
    let last_event_id = prop_oneof![Just(""), Just("s7")];
    (utf8, max_event_bytes, last_event_id).prop_map(|(utf8, max_event_bytes, id)| Options {
        utf8,
        max_event_bytes,
        last_event_id: id.to_owned(),
        reconnection_time: None,
    })
}

fn block() -> impl Strategy<Value = Block> {
    // Lines of event types and IDs are cut off at their end, or most of them could not be written.
    let line = || text().prop_map(|text| text.lines().next().unwrap_or_default().to_owned());
    let line = move || prop_oneof![9 => line(), 1 => text()];
    let time = prop_oneof![0..10_u64, any::<u64>(), Just(u64::MAX)];
    (
        option::of(text()),
        option::of(line()),
        option::of(line()),
        option::of(time),
        option::weighted(0.8, text()),
    )
        .prop_map(
            |(comment, last_event_id, event_type, reconnection_time, data)| Block {
                comment,
                last_event_id,
                event_type,
                reconnection_time,
                data,
            },
        )
}
