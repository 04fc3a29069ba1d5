//! Which deliveries are to run now, which at a later time, and which are running. No task, no clock:
//! the runner hands in the time and does what comes out.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;

use crate::domain::delivery::DeliveryId;

/// Whose turn is first: people wait in front of a screen, batches do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Of one batch's many.
    Batch,
    /// A person's single send or decision.
    People,
}

/// The lane of what was accepted in a batch, or was not.
pub(super) const fn lane_of(is_of_batch: bool) -> Lane {
    if is_of_batch { Lane::Batch } else { Lane::People }
}

/// What becomes of a delivery whose run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing by itself.
    Rest,
    /// It goes on at this instant.
    At(Timestamp),
    /// It goes on when another one wakes it.
    Parked,
}

/// How many run at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) people: usize,
    pub(super) batch: usize,
}

impl Room {
    const fn of(self, lane: Lane) -> usize {
        match lane {
            Lane::People => self.people,
            Lane::Batch => self.batch,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Ready(Lane),
    Running { lane: Lane, again: Option<Lane> },
    Waiting { until: Timestamp, lane: Lane },
    Parked(Lane),
}

/// The deliveries that have something to do. One is in one place only, so that it never runs twice at
/// once in this process.
#[derive(Debug)]
pub(super) struct Queue {
    room: Room,
    places: HashMap<DeliveryId, Place>,
    people: VecDeque<DeliveryId>,
    batch: VecDeque<DeliveryId>,
    running_people: usize,
    running_batch: usize,
    timers: BTreeSet<(Timestamp, DeliveryId)>,
}

impl Queue {
    pub(super) fn new(room: Room) -> Self {
        Self {
            room,
            places: HashMap::new(),
            people: VecDeque::new(),
            batch: VecDeque::new(),
            running_people: 0,
            running_batch: 0,
            timers: BTreeSet::new(),
        }
    }

    /// There may be something to do for this delivery now.
    pub(super) fn wake(&mut self, id: DeliveryId, lane: Lane) {
        match self.places.get_mut(&id) {
            Some(Place::Running { again, .. }) => *again = Some(again.map_or(lane, |asked| asked.max(lane))),
            Some(Place::Ready(waiting)) if *waiting >= lane => {}
            Some(Place::Ready(_)) => {
                self.batch.retain(|other| *other != id);
                self.ready(id, lane);
            }
            Some(Place::Waiting { until, lane: before }) => {
                let (until, lane) = (*until, lane.max(*before));
                self.timers.remove(&(until, id));
                self.ready(id, lane);
            }
            Some(Place::Parked(before)) => {
                let lane = lane.max(*before);
                self.ready(id, lane);
            }
            None => self.ready(id, lane),
        }
    }

    /// Nothing is to be done for this delivery before `until`, unless it is woken.
    pub(super) fn wait(&mut self, id: DeliveryId, lane: Lane, until: Timestamp) {
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(id) {
            place.insert(Place::Waiting { until, lane });
            self.timers.insert((until, id));
        }
    }

    /// Makes ready what waited for `now`.
    pub(super) fn due(&mut self, now: Timestamp) {
        while let Some(&(until, id)) = self.timers.first().filter(|(until, _)| *until <= now) {
            self.timers.remove(&(until, id));
            if let Some(Place::Waiting { lane, .. }) = self.places.get(&id).copied() {
                self.ready(id, lane);
            }
        }
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(until, _)| *until)
    }

    /// The next one to run, if there is room for it.
    pub(super) fn take(&mut self) -> Option<(DeliveryId, Lane)> {
        let (id, lane) = if self.running_people < self.room.of(Lane::People) && !self.people.is_empty() {
            (self.people.pop_front()?, Lane::People)
        } else if self.running_batch < self.room.of(Lane::Batch) {
            (self.batch.pop_front()?, Lane::Batch)
        } else {
            return None;
        };
        *self.running_mut(lane) += 1;
        self.places.insert(id, Place::Running { lane, again: None });
        Some((id, lane))
    }

    /// A run has ended.
    pub(super) fn ended(&mut self, id: DeliveryId, next: Next) {
        let Some(Place::Running { lane, again }) = self.places.remove(&id) else { return };
        *self.running_mut(lane) -= 1;
        match (again, next) {
            (Some(lane), _) => self.ready(id, lane),
            (None, Next::At(until)) => {
                self.timers.insert((until, id));
                self.places.insert(id, Place::Waiting { until, lane });
            }
            (None, Next::Parked) => {
                self.places.insert(id, Place::Parked(lane));
            }
            (None, Next::Rest) => {}
        }
    }

    /// Forgets what does not run: another process has taken over.
    pub(super) fn clear(&mut self) {
        self.people.clear();
        self.batch.clear();
        self.timers.clear();
        self.places.retain(|_, place| matches!(place, Place::Running { .. }));
    }

    /// Whether this one is to run now or runs.
    pub(super) fn is_busy(&self, id: DeliveryId) -> bool {
        matches!(self.places.get(&id), Some(Place::Ready(_) | Place::Running { .. }))
    }

    /// How many are to run now or run.
    pub(super) fn busy(&self) -> usize {
        self.people.len() + self.batch.len() + self.running_people + self.running_batch
    }

    fn ready(&mut self, id: DeliveryId, lane: Lane) {
        self.places.insert(id, Place::Ready(lane));
        match lane {
            Lane::People => self.people.push_back(id),
            Lane::Batch => self.batch.push_back(id),
        }
    }

    const fn running_mut(&mut self, lane: Lane) -> &mut usize {
        match lane {
            Lane::People => &mut self.running_people,
            Lane::Batch => &mut self.running_batch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: i64) -> DeliveryId {
        DeliveryId::new(id).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn take(queue: &mut Queue) -> Option<DeliveryId> {
        queue.take().map(|(id, _)| id)
    }

    fn queue() -> Queue {
        Queue::new(Room { people: 2, batch: 1 })
    }

    #[test]
    fn people_go_first_and_each_lane_has_its_room() {
        let mut queue = queue();
        queue.wake(id(1), Lane::Batch);
        queue.wake(id(2), Lane::Batch);
        for person in 3..=5 {
            queue.wake(id(person), Lane::People);
        }
        let taken: Vec<_> = std::iter::from_fn(|| take(&mut queue)).collect();
        assert_eq!(taken, [id(3), id(4), id(1)]);
        assert_eq!(queue.busy(), 5);
        queue.ended(id(1), Next::Rest);
        assert_eq!(take(&mut queue), Some(id(2)));
        queue.ended(id(3), Next::Rest);
        assert_eq!(take(&mut queue), Some(id(5)));
    }

    #[test]
    fn one_that_runs_does_not_run_twice_but_again() {
        let mut queue = queue();
        queue.wake(id(1), Lane::People);
        assert_eq!(take(&mut queue), Some(id(1)));
        queue.wake(id(1), Lane::People);
        assert_eq!(take(&mut queue), None);
        queue.ended(id(1), Next::At(at(100)));
        assert_eq!(take(&mut queue), Some(id(1)), "what woke it may have changed everything");
        queue.ended(id(1), Next::Rest);
        assert_eq!((take(&mut queue), queue.busy(), queue.next_due()), (None, 0, None));
    }

    #[test]
    fn one_that_waits_runs_when_it_is_due_or_woken() {
        let mut queue = queue();
        for waiting in 1..=2 {
            queue.wake(id(waiting), Lane::People);
            take(&mut queue);
            queue.ended(id(waiting), Next::At(at(waiting * 10)));
        }
        assert_eq!((queue.busy(), queue.next_due()), (0, Some(at(10))));
        queue.due(at(9));
        assert_eq!(take(&mut queue), None);
        queue.due(at(10));
        assert_eq!(take(&mut queue), Some(id(1)));
        queue.wake(id(2), Lane::Batch);
        assert_eq!(queue.next_due(), None);
        assert_eq!(take(&mut queue), Some(id(2)), "a person's send stays one");
    }

    #[test]
    fn a_person_who_asks_for_one_of_a_batch_moves_it_forward() {
        let mut queue = queue();
        queue.wake(id(1), Lane::Batch);
        queue.wake(id(2), Lane::Batch);
        assert_eq!(take(&mut queue), Some(id(1)));
        assert_eq!(take(&mut queue), None);
        queue.wake(id(2), Lane::People);
        assert_eq!(take(&mut queue), Some(id(2)));
        assert_eq!(queue.busy(), 2);
    }
}
