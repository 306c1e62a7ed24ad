//! [`Histogram`]: how long things took, to about three per cent.

pub struct Histogram {
    /// 32 for each power of two.
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; 60 * 32],
            total: 0,
        }
    }
}

impl Histogram {
    pub fn count(&mut self, nanoseconds: u64) {
        let power = nanoseconds.max(32).ilog2();
        let place = (power - 5) as usize * 32 + ((nanoseconds >> (power - 5)) & 31) as usize;
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
            self.total += 1;
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// What so many of a thousand did not exceed, in nanoseconds.
    pub fn per_mille(&self, share: u64) -> u64 {
        if self.total == 0 {
            return 0;
        }
        let mut left = (self.total * share).div_ceil(1000);
        for (place, count) in (0_u64..).zip(&self.counts) {
            if *count >= left {
                return (32 + place % 32) << (place / 32);
            }
            left -= count;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn tells_what_most_did_not_exceed() {
        let mut times = Histogram::default();
        for microseconds in 1..=1000 {
            times.count(microseconds * 1000);
        }
        for share in [10, 500, 990, 1000] {
            let exact = share * 1000;
            let told = times.per_mille(share);
            assert!(
                told <= exact && told + exact / 31 >= exact,
                "{told} for {exact}"
            );
        }
        assert_eq!(Histogram::default().per_mille(500), 0);
    }
}
