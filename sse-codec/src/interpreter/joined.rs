//! Several `data` lines become the data of one event: those of the usual kind, many at a time.

use super::Interpreter;
use crate::field;
use crate::line::LineEnds;

impl Interpreter {
    /// Begins to join lines to the data: the first one's value, for which there is room within the limit. No data may be pending.
    #[inline]
    pub(crate) fn begin_joining(&mut self, value: &str) {
        self.joins = true;
        self.begin_data_line();
        self.append_data(value);
        self.append_data("\n");
    }

    /// Joins `data` lines of the usual kind to the data, which are short and have another one behind them, and for which there is room
    /// within the limit. `from_value` is some text from the value of the first one on, and `behind` how far
    /// [behind](LineEnds::behind_start) the start of the window that stands. Returns the text from the value of the first line on that is
    /// left.
    // Out of line, or its few instructions for a line have to share the processor's registers with all that is around it.
    #[inline(never)]
    pub(crate) fn join_usual_lines<'t>(
        &mut self,
        mut from_value: &'t str,
        line_ends: &LineEnds,
        mut behind: usize,
    ) -> &'t str {
        let data = &mut self.data;
        loop {
            let ends = line_ends.next_few(behind);
            if ends == 0 {
                break;
            }
            let len = ends.trailing_zeros() as usize;
            let seen = from_value.as_bytes().get(len..len + field::SEEN);
            let seen = seen.and_then(<[u8]>::first_chunk);
            if !seen.is_some_and(field::is_usual_data_behind_lf) {
                break;
            }
            // The line end takes the place of the LF that joins the value to the next one.
            let value = from_value.get(..=len);
            let next = from_value.get(len + field::LF_AND_USUAL_DATA..);
            let (Some(value), Some(next)) = (value, next) else {
                break;
            };
            if value.len() > data.capacity() - data.len() {
                break;
            }
            data.push_str(value);
            from_value = next;
            behind += len + field::LF_AND_USUAL_DATA;
        }
        from_value
    }

    /// Joins a line to the data: its value and an LF, for which there is room within the limit.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the compiler thinks it is large, but most of it is what hardly ever happens"
    )]
    pub(crate) fn join_data(&mut self, value: &str) {
        if self.data.capacity() - self.data.len() < value.len() {
            self.reserve_data(value.len());
        }
        self.data.push_str(value);
    }

    /// Ends to join lines: takes the LF away for which no line came.
    pub(crate) fn end_joining(&mut self) {
        self.data.pop();
    }
}
