//! What the encoder writes the parser gives back: comments, reconnection times, events with type, data and ID.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sse_fuzz::{Writing, holds};
use sse_tests::laws;

fuzz_target!(|writing: Writing| holds(laws::round_trip(&writing.blocks, &writing.cuts)));
