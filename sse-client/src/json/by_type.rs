//! Decodes an enum whose variant is named outside of the JSON that it holds.

use std::cell::Cell;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;

/// Decodes the variant of that name from what it holds, and says whether there is one of that name.
pub(super) fn decode<T: DeserializeOwned>(name: &str, data: &str) -> (Result<T, Error>, bool) {
    let is_known = Cell::new(true);
    let value = T::deserialize(Named {
        name,
        data,
        is_known: &is_known,
    });
    (value, is_known.get())
}

#[derive(Clone, Copy)]
struct Named<'a> {
    name: &'a str,
    data: &'a str,
    is_known: &'a Cell<bool>,
}

impl<'de> Deserializer<'de> for Named<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("only an enum has variants for event types"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Named<'de> {
    type Error = Error;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'de>), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        match seed.deserialize(name) {
            Ok(variant) => Ok((variant, Content(self.data))),
            Err(error) => {
                self.is_known.set(false);
                Err(error)
            }
        }
    }
}

/// What a variant holds.
struct Content<'de>(&'de str);

impl<'de> Content<'de> {
    /// Decodes all of it.
    fn all<T>(
        self,
        decode: impl FnOnce(
            &mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
        ) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut json = serde_json::Deserializer::from_str(self.0);
        let value = decode(&mut json)?;
        json.end()?;
        Ok(value)
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.all(|json| seed.deserialize(json))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.all(|json| json.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.all(|json| json.deserialize_struct("", fields, visitor))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Message {
        Ping,
        TextDelta(String),
        #[serde(alias = "place")]
        Point(i32, i32),
        Start {
            id: u32,
        },
    }

    fn decoded(name: &str, data: &str) -> Result<Message, bool> {
        let (value, is_known) = decode(name, data);
        value.map_err(|_| is_known)
    }

    #[test]
    fn the_name_is_the_variant_and_the_data_what_it_holds() {
        for (name, data, message) in [
            ("ping", "", Message::Ping),
            ("ping", "{\"anything\": 1}", Message::Ping),
            ("text_delta", "\"a\"", Message::TextDelta("a".to_owned())),
            ("point", "[1, 2]", Message::Point(1, 2)),
            ("place", "[1, 2]", Message::Point(1, 2)),
            (
                "start",
                " {\"id\": 7, \"more\": 0} ",
                Message::Start { id: 7 },
            ),
        ] {
            assert_eq!(decoded(name, data), Ok(message), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_from_wrong_data() {
        for name in ["message", "Ping", "", "text-delta"] {
            assert_eq!(decoded(name, "1"), Err(false), "{name}");
        }
        for (name, data) in [
            ("text_delta", "1"),
            ("text_delta", "\"a\" \"b\""),
            ("point", "[1]"),
            ("start", "{}"),
            ("start", ""),
        ] {
            assert_eq!(decoded(name, data), Err(true), "{name} {data}");
        }
    }

    #[test]
    fn what_is_no_enum_has_no_variants() {
        let (value, is_known) = decode::<u32>("ping", "1");
        assert!(value.is_err() && is_known);
    }
}
