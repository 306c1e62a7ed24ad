//! No text, wherever it stands in a block, adds, removes or changes an event: not of its own block, and not of another.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sse_fuzz::{Writing, holds};
use sse_tests::laws;

fuzz_target!(|writing: Writing| holds(laws::injection(&writing.blocks, &writing.cuts)));
