//! Finding a volume by its name, in the same time however many there are.

use crate::hash::hash;
use crate::subject::volume::Volume;

/// The volumes of a pod, by name.
#[derive(Debug)]
pub(crate) struct Volumes<'x, 'a> {
    volumes: &'x [Volume<'a>],
    /// Indices of volumes; each is at the place that its name's hash says, or after it. More than half of
    /// them are empty, and at least one is.
    slots: Vec<Option<usize>>,
}

impl<'x, 'a> Volumes<'x, 'a> {
    pub(crate) fn new(volumes: &'x [Volume<'a>]) -> Self {
        let mut index =
            Self { volumes, slots: vec![None; (2 * volumes.len() + 1).next_power_of_two()] };
        for (at, volume) in volumes.iter().enumerate() {
            let name = volume.name.decode();
            let empty =
                index.places(&name).find(|slot| matches!(index.slots.get(*slot), Some(None)));
            if let Some(slot) = empty.and_then(|slot| index.slots.get_mut(slot)) {
                *slot = Some(at);
            }
        }
        index
    }

    /// The volume of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&'x Volume<'a>> {
        self.places(name)
            .map_while(|slot| self.volumes.get((*self.slots.get(slot)?)?))
            .find(|volume| volume.name.is(name))
    }

    /// The slots where a volume of that name can be, in order.
    fn places(&self, name: &str) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        let start = hash(name) as usize;
        (0..=mask).map(move |step| start.wrapping_add(step) & mask)
    }
}
