//! [`Ahead`]: events that have been parsed ahead of the consumer.

use alloc::vec::Vec;

use crate::event::Event;

/// A few events that own their text, in places that are filled and emptied by turns.
///
/// The places stay, and each event is made in its own. To make it elsewhere and move it there takes as long as to parse it:
/// the processor has to wait for what has just been written before it can read it in larger pieces.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    places: Vec<Event>,
    /// How many of the places have been filled, and how many of those emptied again.
    filled: usize,
    emptied: usize,
}

impl Ahead {
    /// Lends the next event, which is to be taken out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<&mut Event> {
        if self.len() == 0 {
            return None;
        }
        let place = self.places.get_mut(self.emptied)?;
        self.emptied += 1;
        Some(place)
    }

    /// How many events there are.
    pub(crate) const fn len(&self) -> usize {
        self.filled - self.emptied
    }

    /// Makes room for some events. All that there were must have been taken out.
    pub(crate) fn begin(&mut self) {
        if self.places.is_empty() {
            self.places.resize(AHEAD, Event::default());
        }
        self.filled = 0;
        self.emptied = 0;
    }

    /// Returns the place for the next event, or `None` if there are enough. It is one of the events from then on.
    #[inline]
    pub(crate) fn place(&mut self) -> Option<&mut Event> {
        let place = self.places.get_mut(self.filled)?;
        self.filled += 1;
        Some(place)
    }

    /// Whether there is no place left.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.filled >= self.places.len()
    }
}

/// How many events are parsed ahead of the consumer at most.
///
/// Each of them is memory in use. Allocators keep some pieces of each size at hand (that of the GNU C library seven) and take much
/// longer when these are used up.
pub(crate) const AHEAD: usize = 7;
