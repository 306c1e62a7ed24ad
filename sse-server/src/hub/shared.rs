//! [`Shared`]: the state behind its lock, and the hooks, which are called without it.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::options::Options;
use super::state::State;
use super::subscriber::SubscriberKey;
use super::subscription::Ended;
use crate::event_id::EventId;
use crate::sync::Mutex;

pub(crate) type Admit = dyn Fn(&str, Option<&str>) -> bool + Send + Sync;
pub(crate) type OnEnd = dyn Fn(&Ended) + Send + Sync;

#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) admit: Option<Arc<Admit>>,
    pub(crate) on_end: Option<Arc<OnEnd>>,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    hooks: Hooks,
    topics_each: usize,
}

impl Shared {
    pub(crate) fn new(options: Options, hooks: Hooks, origin: EventId) -> Self {
        Self {
            topics_each: options.topics_each,
            state: Mutex::new(State::new(options, origin)),
            hooks,
        }
    }

    /// Does something under the lock. Neither waits nor calls anybody there.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        // Nothing that can panic is called under the lock, so what a panic elsewhere left behind is whole.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut state);
        let discarded = state.take_discarded();
        drop(state);
        drop(discarded);
        result
    }

    pub(crate) fn max_topics_each(&self) -> usize {
        self.topics_each
    }

    pub(crate) fn admits(&self, topic: &str, key: Option<&str>) -> bool {
        self.hooks
            .admit
            .as_ref()
            .is_none_or(|admit| admit(topic, key))
    }

    pub(crate) fn unsubscribe(&self, key: SubscriberKey) {
        let gone = self.with(|state| state.unsubscribe(key));
        if let Some((ended, wakes)) = gone {
            wakes.wake();
            if let Some(on_end) = &self.hooks.on_end {
                on_end(&ended);
            }
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
