// SPDX-License-Identifier: MIT OR Apache-2.0
//! Operations on globals: scalars, arrays, aggregates, iteration.

use super::{
    error::Fault,
    machine::{Frame, GlobalState, Machine},
    map::{Element, Map},
    stat::Stat,
    value::Val,
};
use crate::{GlobalId, GlobalKind, Op, Value};

impl Machine<'_> {
    pub(super) fn exec_global(&mut self, op: &Op, frame: &Frame<'_>) -> Result<Option<Val>, Fault> {
        let Some(global) = op.global() else { return Ok(None) };
        Ok(match op {
            Op::GlobalGet(_) => self.scalar(global).cloned(),
            Op::GlobalSet(_, value) => {
                let val = frame.get(*value).clone();
                self.scalar(global).into_iter().for_each(|scalar| *scalar = val.clone());
                None
            }
            Op::GlobalAdd(_, value) => {
                let summand = frame.int(*value);
                self.scalar(global).map(|scalar| add(scalar, summand))
            }
            Op::GlobalClear(_) => {
                self.clear(global);
                None
            }
            Op::StatAdd(_, keys, value) => {
                let (keys, value) = (frame.all(keys), frame.int(*value));
                self.stat_mut(global, keys)?.into_iter().for_each(|stat| stat.add(value));
                None
            }
            Op::StatRead(_, keys, field) => {
                let value = self.with_stat(global, keys, frame, |stat| stat.read(*field))?;
                Some(value.into())
            }
            Op::HistBucket(_, keys, index) => {
                let index = frame.int(*index);
                Some(self.with_stat(global, keys, frame, |stat| stat.bucket(index))?.into())
            }
            _ => match self.map(global) {
                Some(map) => exec_map(map, op, frame)?,
                None => None,
            },
        })
    }

    fn scalar(&mut self, global: GlobalId) -> Option<&mut Val> {
        match &mut self.globals[global.index()] {
            GlobalState::Scalar(val) => Some(val),
            _ => None,
        }
    }

    fn map(&mut self, global: GlobalId) -> Option<&mut Map> {
        match &mut self.globals[global.index()] {
            GlobalState::Map(map) => Some(map),
            _ => None,
        }
    }

    fn clear(&mut self, global: GlobalId) {
        let kind = &self.program.globals[global.index()].kind;
        match (&mut self.globals[global.index()], kind) {
            (GlobalState::Scalar(scalar), kind) => kind.scalar().into_iter().for_each(|ty| *scalar = Val::default(ty)),
            (GlobalState::Stat(stat), GlobalKind::Stat(spec)) => **stat = Stat::new(spec),
            (GlobalState::Map(map), _) => map.clear(),
            _ => {}
        }
    }

    /// An aggregate to be added to.
    fn stat_mut(&mut self, global: GlobalId, keys: Vec<Val>) -> Result<Option<&mut Stat>, Fault> {
        match &mut self.globals[global.index()] {
            GlobalState::Stat(stat) => Ok(Some(stat)),
            GlobalState::Map(map) => match map.write(keys)? {
                Element::Stat(stat) => Ok(Some(stat)),
                Element::Scalar(_) => Ok(None),
            },
            GlobalState::Scalar(_) => Ok(None),
        }
    }

    /// Reads from an aggregate; from an empty one where there is no such element.
    pub(super) fn with_stat<T>(
        &self,
        global: GlobalId,
        keys: &[Value],
        frame: &Frame<'_>,
        read: impl FnOnce(&Stat) -> T,
    ) -> T {
        let found = match &self.globals[global.index()] {
            GlobalState::Stat(stat) => Some(&**stat),
            GlobalState::Map(map) => match map.get(&frame.all(keys)) {
                Some(Element::Stat(stat)) => Some(&**stat),
                _ => None,
            },
            GlobalState::Scalar(_) => None,
        };
        match found {
            Some(stat) => read(stat),
            None => read(&Stat::new(&self.program.stat(global).cloned().unwrap_or_default())),
        }
    }
}

fn exec_map(map: &mut Map, op: &Op, frame: &Frame<'_>) -> Result<Option<Val>, Fault> {
    Ok(match op {
        Op::MapGet(_, keys) => match map.get(&frame.all(keys)) {
            Some(Element::Scalar(val)) => Some(val.clone()),
            _ => map.default_value(),
        },
        Op::MapHas(_, keys) => Some(map.has(&frame.pattern(keys)).into()),
        Op::MapSet(_, keys, value) => {
            if let Element::Scalar(val) = map.write(frame.all(keys))? {
                *val = frame.get(*value).clone();
            }
            None
        }
        Op::MapAdd(_, keys, value) => match map.write(frame.all(keys))? {
            Element::Scalar(val) => Some(add(val, frame.int(*value))),
            Element::Stat(_) => None,
        },
        Op::MapDelete(_, keys) => {
            map.delete(&frame.pattern(keys));
            None
        }
        Op::IterFirst(_, sort, keys, _) => Some(map.first(*sort, &frame.pattern(keys)).into()),
        Op::IterNext(_, cursor, keys) => Some(map.next(frame.int(*cursor), &frame.pattern(keys)).into()),
        Op::IterKey(_, cursor, key) => {
            map.at(frame.int(*cursor)).and_then(|(keys, _)| keys.get(*key as usize)).cloned()
        }
        Op::IterValue(_, cursor) => match map.at(frame.int(*cursor)) {
            Some((_, Element::Scalar(val))) => Some(val.clone()),
            _ => map.default_value(),
        },
        Op::IterStat(_, cursor, field) => match map.at(frame.int(*cursor)) {
            Some((_, Element::Stat(stat))) => Some(stat.read(*field)?.into()),
            _ => return Err(Fault::Empty),
        },
        _ => None,
    })
}

fn add(val: &mut Val, summand: i64) -> Val {
    *val = Val::Int(val.int().wrapping_add(summand));
    val.clone()
}
