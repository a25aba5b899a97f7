//! Another snapshot of one: what is JSON stays JSON, or nothing but its reader would ever be tried.

use libfuzzer_sys::{arbitrary::Unstructured, fuzzer_mutate};
use serde_json::{Value, json};

use crate::example;

/// Numbers at the ends of something.
const ENDS: &[u64] =
    &[0, 1, 2, 63, 64, 255, 65_535, 999_999_999, 1 << 31, 1 << 32, 1 << 53, 1 << 63, u64::MAX - 1, u64::MAX];

pub(crate) fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let Ok(mut value) = serde_json::from_slice::<Value>(&data[..size]) else {
        return written(&serde_json::to_value(example::get()).unwrap(), data, most).unwrap_or(0);
    };
    if seed % 4 == 0 {
        return fuzzer_mutate(data, size, most);
    }
    let random: Vec<u8> =
        std::iter::successors(Some(seed | 1), |x| Some(x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)))
            .flat_map(|x| (x >> 8).to_le_bytes()[..3].to_vec())
            .take(512)
            .collect();
    let mut random = Unstructured::new(&random);
    for _ in 0..random.int_in_range(1..=4).unwrap_or(1) {
        let _ = change(&mut value, &mut random);
    }
    written(&value, data, most).unwrap_or_else(|| fuzzer_mutate(data, size, most))
}

/// As long as there is room for it.
fn written(value: &Value, data: &mut [u8], most: usize) -> Option<usize> {
    let text = serde_json::to_vec(value).ok().filter(|text| text.len() <= most.min(data.len()))?;
    data[..text.len()].copy_from_slice(&text);
    Some(text.len())
}

/// Changes something somewhere below.
fn change(value: &mut Value, random: &mut Unstructured<'_>) -> libfuzzer_sys::arbitrary::Result<()> {
    match value {
        Value::Array(all) if all.is_empty() || random.ratio(1, 4)? => match random.int_in_range(0..=2)? {
            0 => all.clear(),
            1 if !all.is_empty() => all.push(all[random.choose_index(all.len())?].clone()),
            _ => all.push(json!(random.choose(ENDS)?)),
        },
        Value::Array(all) => {
            let at = random.choose_index(all.len())?;
            change(&mut all[at], random)?;
        }
        Value::Object(all) if !all.is_empty() => {
            let key = all.keys().nth(random.choose_index(all.len())?).cloned().unwrap_or_default();
            match random.int_in_range(0..=15)? {
                0 => drop(all.remove(&key)),
                1 => all[&key] = Value::Null,
                _ => change(&mut all[&key], random)?,
            }
        }
        Value::Number(number) => {
            *value = match random.int_in_range(0..=5)? {
                0 => json!(random.choose(&[-1.0, 0.5, 1e-300, 1e300, f64::MAX, f64::MIN])?),
                1 => json!(number.as_u64().unwrap_or(0).wrapping_add(1)),
                2 => json!(number.as_u64().unwrap_or(0).wrapping_sub(1)),
                3 => json!(random.arbitrary::<u16>()?),
                _ => json!(random.choose(ENDS)?),
            }
        }
        Value::String(text) => *text = random.arbitrary::<&str>()?.to_owned(),
        _ => *value = json!(random.choose(ENDS)?),
    }
    Ok(())
}
