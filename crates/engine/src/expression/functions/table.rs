//! Every function: its names, its arguments, its help.

use super::{Function, dates, lists, numbers, texts};
use crate::expression::escape::Escape;
use crate::words::Words;

/// `Name Имя (arity) "arguments" "аргументы" => work, "help" "помощь"`, then optionally
/// `texts_from n` (bare words are texts from that argument on) or `escaped_for Place`.
macro_rules! functions {
    ($(
        $name:ident $name_ru:ident ($arity:expr) $arguments:literal $arguments_ru:literal => $run:path,
        $help:literal $help_ru:literal $(texts_from $texts_from:literal)? $(escaped_for $place:ident)?;
    )*) => {
        pub(super) const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            name_ru: stringify!($name_ru),
            arity: $arity,
            arguments: Words::new($arguments, $arguments_ru),
            help: Words::new($help, $help_ru),
            texts_from: { let _from = usize::MAX; $(let _from = $texts_from;)? _from },
            escaped_for: { let _place: Option<Escape> = None; $(let _place = Some(Escape::$place);)? _place },
            run: $run,
        }),*];
    };
}

functions! {
    StrLen ДлинаТекста (1..=1) "text" "текст" => texts::length,
        "Number of characters" "Число знаков";
    Upper Заглавные (1..=1) "text" "текст" => texts::upper,
        "The text in capital letters" "Текст заглавными буквами";
    Lower Строчные (1..=1) "text" "текст" => texts::lower,
        "The text in small letters" "Текст строчными буквами";
    Trim БезПробелов (1..=1) "text" "текст" => texts::trim,
        "The text without spaces at its ends" "Текст без пробелов по краям";
    Replace Заменить (2..=3) "text, what[, by what]" "текст, что[, на что]" => texts::replace,
        "The text with every occurrence replaced" "Текст, в котором заменены все вхождения" texts_from 1;
    Substring Подстрока (2..=3) "text, first[, length]" "текст, начало[, длина]" => texts::substring,
        "A part of the text; characters are counted from 1" "Часть текста; знаки считаются с 1";
    Split Разделить (1..=2) "text[, separator]" "текст[, разделитель]" => texts::split,
        "An array of the parts between commas or other separators" "Массив частей между запятыми или другими разделителями";
    LineBreak НоваяСтрока (0..=0) "" "" => texts::line_break,
        "A line break" "Перевод строки";
    GenStr СлучайныйТекст (1..=1) "length" "длина" => texts::random_text,
        "Random letters and digits; GenStr8 is GenStr(8)" "Случайные буквы и цифры; GenStr8 — то же, что GenStr(8)";
    GenNum СлучайныеЦифры (1..=1) "length" "длина" => texts::random_digits,
        "Random digits; GenNum4 is GenNum(4)" "Случайные цифры; GenNum4 — то же, что GenNum(4)";
    Json Json (1..=1) "value" "значение" => texts::json,
        "The value as JSON" "Значение в виде JSON" escaped_for Json;
    UrlEncode КодироватьURL (1..=1) "text" "текст" => texts::url_encode,
        "The text made safe for a part of an address" "Текст, пригодный для части адреса" escaped_for Url;

    Round Округлить (1..=2) "number[, places]" "число[, знаков]" => numbers::round,
        "The number rounded; halves go up" "Округлённое число; половина округляется вверх";
    Abs Модуль (1..=1) "number" "число" => numbers::absolute,
        "The number without its sign" "Число без знака";
    Mod Остаток (2..=2) "number, divisor" "число, делитель" => numbers::remainder,
        "What division leaves" "Остаток от деления";
    Random Случайное (2..=2) "least, most" "от, до" => numbers::random,
        "A random whole number, both ends included" "Случайное целое число, включая границы";
    FormatMoney Деньги (1..=3) "number[, currency[, places]]" "число[, валюта[, знаков]]" => numbers::format_money,
        "An amount as people write it: 1 234,50 ₽" "Сумма, как её пишут люди: 1 234,50 ₽" texts_from 1;

    Date Дата (0..=0) "" "" => dates::current_date,
        "Today, dd.mm.yyyy" "Сегодня, дд.мм.гггг";
    CurrentDate ТекущаяДата (0..=0) "" "" => dates::current_date,
        "Today, dd.mm.yyyy" "Сегодня, дд.мм.гггг";
    NextDate Завтра (0..=0) "" "" => dates::next_date,
        "Tomorrow, dd.mm.yyyy" "Завтра, дд.мм.гггг";
    CurrentTime ТекущееВремя (0..=0) "" "" => dates::current_time,
        "The time now, hh:mm" "Сейчас, чч:мм";
    CurrentDateTime ТекущиеДатаВремя (0..=0) "" "" => dates::current_moment,
        "Date and time now, dd.mm.yyyy hh:mm" "Дата и время сейчас, дд.мм.гггг чч:мм";
    CurrentDay ТекущийДень (0..=0) "" "" => dates::current_day,
        "Day of the month" "День месяца";
    CurrentDayNormal ТекущийДеньДД (0..=0) "" "" => dates::current_day_padded,
        "Day of the month, two digits" "День месяца, две цифры";
    CurrentMonth ТекущийМесяц (0..=0) "" "" => dates::current_month,
        "Month, from 0 to 11" "Месяц, от 0 до 11";
    CurrentMonthNormal ТекущийМесяцММ (0..=0) "" "" => dates::current_month_padded,
        "Month, from 01 to 12" "Месяц, от 01 до 12";
    CurrentYear ТекущийГод (0..=0) "" "" => dates::current_year,
        "Year" "Год";
    CurrentWeekDay ТекущийДеньНедели (0..=0) "" "" => dates::current_week_day,
        "Day of the week, Monday is 1" "День недели, понедельник — 1";
    DaysInMonth ДнейВМесяце (0..=0) "" "" => dates::days_in_month,
        "Days in this month" "Дней в этом месяце";
    WeekDay ДеньНедели (1..=1) "date" "дата" => dates::week_day,
        "Day of the week of a date, Monday is 1" "День недели даты, понедельник — 1";
    AddDate ДобавитьДни (2..=2) "date, days" "дата, дней" => dates::add_days,
        "The date so many days later, dd.mm.yyyy" "Дата через столько дней, дд.мм.гггг";
    AddMinutes ДобавитьМинуты (2..=2) "date, minutes" "дата, минут" => dates::add_minutes,
        "Date and time so many minutes later, dd.mm.yyyy hh:mm" "Дата и время через столько минут, дд.мм.гггг чч:мм";
    DaysBetween ДнейМежду (2..=2) "from, to" "от, до" => dates::days_between,
        "Days from one date to another" "Дней от одной даты до другой";
    DiffDates РазницаДат (2..=2) "from, to" "от, до" => dates::days_between,
        "Days from one date to another" "Дней от одной даты до другой";
    DiffMinutes РазницаМинут (2..=2) "from, to" "от, до" => dates::minutes_between,
        "Minutes from one moment to another" "Минут от одного момента до другого";
    Age Возраст (1..=1) "date of birth" "дата рождения" => dates::age,
        "Whole years from a date to today" "Полных лет от даты до сегодня";

    Length Длина (1..=1) "value" "значение" => lists::length,
        "Cells of an array, entries of an object, characters of a text" "Число элементов массива, полей объекта, знаков текста";
    Sum Сумма (1..=2) "array[, field]" "массив[, поле]" => lists::sum,
        "The sum of the array's numbers, or of a field of its objects" "Сумма чисел массива или поля его объектов" texts_from 1;
    Min Наименьшее (1..=usize::MAX) "array or values" "массив или значения" => lists::min,
        "The least of the values" "Наименьшее из значений";
    Max Наибольшее (1..=usize::MAX) "array or values" "массив или значения" => lists::max,
        "The greatest of the values" "Наибольшее из значений";
    First Первый (1..=1) "array" "массив" => lists::first,
        "The first cell" "Первый элемент";
    Last Последний (1..=1) "array" "массив" => lists::last,
        "The last cell" "Последний элемент";
    Item Элемент (2..=usize::MAX) "value, number or key, ..." "значение, номер или ключ, ..." => lists::item,
        "A part of an array (from 0) or of an object" "Часть массива (номер от 0) или объекта";
    Join Соединить (1..=2) "array[, separator]" "массив[, разделитель]" => lists::join,
        "The cells in one text, between commas or other separators" "Элементы одним текстом через запятую или другой разделитель" texts_from 1;
    Contains Содержит (2..=2) "text or array, what" "текст или массив, что" => lists::contains,
        "Whether the text or the array contains it" "Есть ли это в тексте или массиве";
}
