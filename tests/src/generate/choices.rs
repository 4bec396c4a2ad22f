// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a generator decides, as a list of numbers: from a seed, or from a list that is being made smaller.
//!
//! Any list stands for a well-typed program, so a program is minimised by minimising its list: that needs no second
//! description of the language. 0 is the simplest choice everywhere, and what is missing is 0.

/// A source of choices, and a record of those made.
pub struct Choices {
    replayed: Vec<u64>,
    random: Option<u64>,
    made: Vec<u64>,
}

impl Choices {
    /// Random ones; the same for the same seed.
    pub fn random(seed: u64) -> Self {
        Self { replayed: Vec::new(), random: Some(seed), made: Vec::new() }
    }

    /// Those of a list.
    pub fn replay(list: &[u64]) -> Self {
        Self { replayed: list.to_vec(), random: None, made: Vec::new() }
    }

    /// All choices made.
    pub fn made(self) -> Vec<u64> {
        self.made
    }

    /// A number from 0 up to, not including, `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let raw = match &mut self.random {
            Some(state) => splitmix64(state),
            None => self.replayed.get(self.made.len()).copied().unwrap_or(0),
        };
        let choice = raw % limit as u64;
        self.made.push(choice);
        choice as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of several; the first is the simplest.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// An index, more often where the weight is greater.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut at = self.below(weights.iter().sum());
        weights
            .iter()
            .position(|weight| {
                let here = at < *weight;
                at = at.saturating_sub(*weight);
                here
            })
            .unwrap_or(0)
    }
}

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// A list that is as small as can be found within so many tries, for which `still_fails` holds as it does for `list`.
pub fn minimise(list: Vec<u64>, mut tries: usize, mut still_fails: impl FnMut(&[u64]) -> bool) -> Vec<u64> {
    let mut best = list;
    let mut size = best.len();
    while size > 0 && tries > 0 {
        let mut at = 0;
        let mut improved = false;
        while at < best.len() && tries > 0 {
            let end = (at + size).min(best.len());
            let without = [&best[..at], &best[end..]].concat();
            let mut zeroed = best.clone();
            zeroed[at..end].fill(0);
            let mut halved = best.clone();
            halved[at..end].iter_mut().for_each(|choice| *choice /= 2);
            let mut smaller = None;
            for candidate in [without, zeroed, halved] {
                if tries > 0 && candidate != best {
                    tries -= 1;
                    if still_fails(&candidate) {
                        smaller = Some(candidate);
                        break;
                    }
                }
            }
            match smaller {
                Some(candidate) => {
                    best = candidate;
                    improved = true;
                }
                None => at = end,
            }
        }
        if !improved || size > 1 {
            size /= 2;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_choices_again() {
        let list = |seed| {
            let mut choices = Choices::random(seed);
            (0..20).for_each(|_| {
                choices.below(1000);
            });
            choices.made()
        };
        assert_eq!(list(7), list(7));
        assert_ne!(list(7), list(8));
        let mut again = Choices::replay(&list(7));
        assert_eq!((0..20).map(|_| again.below(1000) as u64).collect::<Vec<_>>(), list(7));
        assert_eq!(again.below(5), 0, "a list goes on with zeros");
    }

    #[test]
    fn minimising_keeps_what_matters() {
        let list: Vec<u64> = (0..200).map(|n| n * 37 % 101).collect();
        let fails = |list: &[u64]| list.iter().filter(|n| **n > 90).count() >= 2;
        assert_eq!(minimise(list, 10_000, fails).iter().filter(|n| **n > 90).count(), 2);
    }
}
