//! Every function: its names, its arguments, its help and an example that is tested.

use super::{
    Example, Function, FunctionGroup, chance, choice, dates, formats, lists, numbers, patterns, texts, words,
};
use crate::expression::ast::Case;
use crate::expression::escape::Escape;
use crate::words::Words;

/// `Group { Name Имя (arity) "arguments" "аргументы" => work, "help" "помощь", "example" "its result" }`, then
/// optionally `texts_from n` (bare words are texts from that argument on), `escaped_for Place` or
/// `next_letter Case`.
macro_rules! functions {
    ($($group:ident {$(
        $name:ident $name_ru:ident ($arity:expr) $arguments:literal $arguments_ru:literal => $run:path,
        $help:literal $help_ru:literal, $example:literal $result:literal
        $(texts_from $texts_from:literal)? $(escaped_for $place:ident)? $(next_letter $case:ident)?;
    )*})*) => {
        pub(super) const FUNCTIONS: &[Function] = &[$($(Function {
            name: stringify!($name),
            name_ru: stringify!($name_ru),
            group: FunctionGroup::$group,
            arity: $arity,
            arguments: Words::new($arguments, $arguments_ru),
            help: Words::new($help, $help_ru),
            example: Example { source: $example, result: $result },
            texts_from: { let _from = usize::MAX; $(let _from = $texts_from;)? _from },
            escaped_for: { let _place: Option<Escape> = None; $(let _place = Some(Escape::$place);)? _place },
            next_letter: { let _case: Option<Case> = None; $(let _case = Some(Case::$case);)? _case },
            run: $run,
        }),*),*];
    };
}

functions! {
Text {
    StrLen ДлинаТекста (1..=1) "text" "текст" => texts::length,
        "Number of characters" "Число знаков", "[StrLen(привет)]" "6";
    Upper Заглавные (1..=1) "text" "текст" => texts::upper,
        "The text in capital letters" "Текст заглавными буквами", "[Upper(Анна)]" "АННА";
    Lower Строчные (1..=1) "text" "текст" => texts::lower,
        "The text in small letters" "Текст строчными буквами", "[Lower(АННА)]" "анна";
    Capitalize СЗаглавной (1..=1) "text" "текст" => texts::capitalize,
        "The text with a capital first letter" "Текст с заглавной первой буквой", "[Capitalize(анна)]" "Анна";
    CharUp СледующаяЗаглавная (0..=0) "" "" => texts::next_letter,
        "Makes the next letter a capital one" "Делает следующую букву заглавной", "[CharUp]привет" "Привет" next_letter Upper;
    CharLow СледующаяСтрочная (0..=0) "" "" => texts::next_letter,
        "Makes the next letter a small one" "Делает следующую букву строчной", "[CharLow]Привет" "привет" next_letter Lower;
    Trim БезПробелов (1..=1) "text" "текст" => texts::trim,
        "The text without spaces at its ends" "Текст без пробелов по краям", "<[Trim('  да ')]>" "<да>";
    Replace Заменить (2..=3) "text, what[, by what]" "текст, что[, на что]" => texts::replace,
        "The text with every occurrence replaced" "Текст, в котором заменены все вхождения", "[Replace(a-b-c, -, +)]" "a+b+c" texts_from 1;
    Substring Подстрока (2..=3) "text, first[, length]" "текст, начало[, длина]" => texts::substring,
        "A part of the text; characters are counted from 1" "Часть текста; знаки считаются с 1", "[Substring(привет, 2, 3)]" "рив";
    Slice Срез (2..=3) "text or array, from[, to]" "текст или массив, от[, до]" => lists::slice,
        "A part of a text or an array, counted from 0; from the end with a minus; without the last one named"
        "Часть текста или массива, счёт от 0, с минусом — от конца; последний указанный не входит", "[Slice(привет, 1, -1)]" "риве";
    Split Разделить (1..=2) "text[, separator]" "текст[, разделитель]" => texts::split,
        "An array of the parts between commas or other separators" "Массив частей между запятыми или другими разделителями", "[Item(Split('a, b'), 1)]" "b" texts_from 1;
    Position Позиция (2..=2) "text, what" "текст, что" => texts::position,
        "Where the text has it, from 1; 0 when it has not" "На каком месте это стоит в тексте, с 1; 0 — если его там нет", "[Position(привет, в)]" "4";
    StartsWith НачинаетсяС (2..=2) "text, beginning" "текст, начало" => texts::starts_with,
        "Whether the text begins so" "Начинается ли так текст", "[StartsWith(+7900, +7)]" "true";
    EndsWith ЗаканчиваетсяНа (2..=2) "text, end" "текст, конец" => texts::ends_with,
        "Whether the text ends so" "Заканчивается ли так текст", "[EndsWith(photo.jpg, .png)]" "false";
    PadLeft ДополнитьСлева (2..=3) "text, length[, with what]" "текст, длина[, чем]" => texts::pad_left,
        "The text made longer from the left, with zeros or other characters" "Текст, дополненный слева нулями или другими знаками", "[PadLeft(7, 3)]" "007" texts_from 2;
    Repeat Повторить (2..=2) "text, times" "текст, раз" => texts::repeat,
        "The text several times" "Текст несколько раз", "[Repeat(⭐, 3)]" "⭐⭐⭐";
    Digits ТолькоЦифры (1..=1) "text" "текст" => texts::digits,
        "The digits of the text alone" "Только цифры текста", "[Digits('+7 (900) 123-45-67')]" "79001234567";
    Match НайтиПоШаблону (2..=3) "text, regular expression[, group]" "текст, регулярное выражение[, группа]" => patterns::find,
        "What a regular expression finds first, or one of its groups" "Первое, что находит регулярное выражение, или его группа", "[Match('заказ 15 на 20', '\\d+')]" "15" texts_from 1;
    MatchAll ВсеПоШаблону (2..=3) "text, regular expression[, group]" "текст, регулярное выражение[, группа]" => patterns::find_all,
        "An array of everything a regular expression finds" "Массив всего, что находит регулярное выражение", "[MatchAll('заказ 15 на 20', '\\d+')]" "15, 20" texts_from 1;
    ReplaceMatch ЗаменитьПоШаблону (2..=3) "text, regular expression[, by what]" "текст, регулярное выражение[, на что]" => patterns::replace,
        "The text with everything replaced that a regular expression finds; $1 is its first group"
        "Текст, в котором заменено всё, что находит регулярное выражение; $1 — его первая группа", "[ReplaceMatch('a1b22', '\\d+', -)]" "a-b-" texts_from 1;
    Plural Склонение (3..=4) "number, one, few[, many]" "число, один, два[, пять]" => words::plural,
        "The form of a word that goes with the number" "Форма слова, которая подходит к числу", "5 [Plural(5, день, дня, дней)]" "5 дней" texts_from 1;
    SumInWords СуммаПрописью (1..=4) "number[, with rubles[, with kopecks[, ru or en]]]" "число[, с рублями[, с копейками[, ru или en]]]" => words::sum_in_words,
        "The number in words, with rubles and kopecks if wanted (1 or 0)" "Число словами, при желании с рублями и копейками (1 или 0)",
        "[SumInWords(1252.50, 1, 1, ru)]" "одна тысяча двести пятьдесят два рубля 50 копеек" texts_from 3;
    LineBreak НоваяСтрока (0..=0) "" "" => texts::line_break,
        "A line break" "Перевод строки", "a[LineBreak]b" "a\nb";
    GenStr СлучайныйТекст (1..=1) "length" "длина" => chance::text,
        "Random letters and digits; GenStr8 is GenStr(8)" "Случайные буквы и цифры; GenStr8 — то же, что GenStr(8)", "[StrLen(GenStr8())]" "8";
    GenNum СлучайныеЦифры (1..=1) "length" "длина" => chance::digits,
        "Random digits; GenNum4 is GenNum(4)" "Случайные цифры; GenNum4 — то же, что GenNum(4)", "[StrLen(GenNum4())]" "4";
    GenerateEmail СлучайныйEmail (0..=0) "" "" => chance::email,
        "A random e-mail address nobody has" "Случайный e-mail, которого ни у кого нет", "[EndsWith(GenerateEmail(), @example.com)]" "true";
    GeneratePhone СлучайныйТелефон (0..=1) "[country code]" "[код страны]" => chance::phone,
        "A random phone number" "Случайный номер телефона", "[StrLen(GeneratePhone(+7))]" "12" texts_from 0;
}
Number {
    Number Число (1..=1) "text" "текст" => numbers::number,
        "The number in a text, whatever stands around it" "Число из текста, что бы вокруг него ни стояло", "[Number('12 500,50 ₽')]" "12500.5";
    Round Округлить (1..=2) "number[, places]" "число[, знаков]" => numbers::round,
        "The number rounded; halves go up" "Округлённое число; половина округляется вверх", "[Round(2.345, 2)]" "2.35";
    Floor ОкруглитьВниз (1..=1) "number" "число" => numbers::floor,
        "The next smaller whole number" "Ближайшее целое число снизу", "[Floor(2.9)]" "2";
    Ceil ОкруглитьВверх (1..=1) "number" "число" => numbers::ceil,
        "The next greater whole number" "Ближайшее целое число сверху", "[Ceil(2.1)]" "3";
    Abs Модуль (1..=1) "number" "число" => numbers::absolute,
        "The number without its sign" "Число без знака", "[Abs(-5)]" "5";
    Mod Остаток (2..=2) "number, divisor" "число, делитель" => numbers::remainder,
        "What division leaves" "Остаток от деления", "[Mod(7, 3)]" "1";
    Power Степень (2..=2) "number, whole power" "число, целая степень" => numbers::power,
        "The number multiplied by itself" "Число в степени", "[Power(2, 10)]" "1024";
    Sqrt Корень (1..=1) "number" "число" => numbers::square_root,
        "The square root" "Квадратный корень", "[Sqrt(144)]" "12";
    Random Случайное (2..=2) "least, most" "от, до" => chance::number,
        "A random whole number, both ends included" "Случайное целое число, включая границы", "[Random(5, 5)]" "5";
    FormatNumber ФорматЧисла (1..=3) "number[, places[, ru or en]]" "число[, знаков[, ru или en]]" => numbers::format_number,
        "A number as people write it" "Число, как его пишут люди", "[FormatNumber(1234567.5, 1, en)]" "1,234,567.5" texts_from 2;
    FormatMoney Деньги (1..=3) "number[, currency[, places]]" "число[, валюта[, знаков]]" => numbers::format_money,
        "An amount as people write it: 1 234,50 ₽" "Сумма, как её пишут люди: 1 234,50 ₽", "[FormatMoney(1234.5, $)]" "$1,234.50" texts_from 1;
}
Date {
    Date Дата (0..=0) "" "" => dates::current_date,
        "Today, dd.mm.yyyy" "Сегодня, дд.мм.гггг", "[Date]" "14.10.2026";
    CurrentDate ТекущаяДата (0..=0) "" "" => dates::current_date,
        "Today, dd.mm.yyyy" "Сегодня, дд.мм.гггг", "[CurrentDate]" "14.10.2026";
    NextDate Завтра (0..=0) "" "" => dates::next_date,
        "Tomorrow, dd.mm.yyyy" "Завтра, дд.мм.гггг", "[NextDate]" "15.10.2026";
    CurrentTime ТекущееВремя (0..=0) "" "" => dates::current_time,
        "The time now, hh:mm" "Сейчас, чч:мм", "[CurrentTime]" "15:04";
    CurrentDateTime ТекущиеДатаВремя (0..=0) "" "" => dates::current_moment,
        "Date and time now, dd.mm.yyyy hh:mm" "Дата и время сейчас, дд.мм.гггг чч:мм", "[CurrentDateTime]" "14.10.2026 15:04";
    Now Сейчас (0..=0) "" "" => dates::now,
        "This moment, with its zone" "Этот момент с часовым поясом", "[Now]" "14.10.2026 15:04";
    DateTime Момент (1..=2) "date[, zone]" "дата[, пояс]" => dates::moment,
        "The moment a clock shows this date and time: in the zone (Europe/Moscow, +03:00), or in the bot's"
        "Момент, когда часы показывают эти дату и время: в поясе (Europe/Moscow, +03:00) или в поясе бота",
        "[IsoDate(DateTime(14.10.2026 10:00, Asia/Omsk))]" "2026-10-14T10:00:00+06:00" texts_from 1;
    InZone ВПоясе (2..=2) "date, zone" "дата, пояс" => dates::in_zone,
        "The same moment by the clock of another zone" "Тот же момент по часам другого пояса", "[InZone(14.10.2026 15:04, Asia/Vladivostok)]" "14.10.2026 22:04" texts_from 1;
    FormatDate ФорматДаты (2..=3) "date, form[, ru or en]" "дата, вид[, ru или en]" => dates::format,
        "The date in a form such as d mmmm yyyy, hh:mm" "Дата в таком виде, как д мммм гггг, чч:мм", "[FormatDate(01.02.2026 09:30, 'dddd, d mmmm yyyy, hh:mm', en)]"
        "Sunday, 1 February 2026, 09:30" texts_from 1;
    CurrentDay ТекущийДень (0..=0) "" "" => dates::current_day,
        "Day of the month" "День месяца", "[CurrentDay]" "14";
    CurrentDayNormal ТекущийДеньДД (0..=0) "" "" => dates::current_day_padded,
        "Day of the month, two digits" "День месяца, две цифры", "[CurrentDayNormal]" "14";
    CurrentMonth ТекущийМесяц (0..=0) "" "" => dates::current_month,
        "Month, from 0 to 11" "Месяц, от 0 до 11", "[CurrentMonth]" "9";
    CurrentMonthNormal ТекущийМесяцММ (0..=0) "" "" => dates::current_month_padded,
        "Month, from 01 to 12" "Месяц, от 01 до 12", "[CurrentMonthNormal]" "10";
    CurrentYear ТекущийГод (0..=0) "" "" => dates::current_year,
        "Year" "Год", "[CurrentYear]" "2026";
    CurrentWeekDay ТекущийДеньНедели (0..=0) "" "" => dates::current_week_day,
        "Day of the week, Monday is 1" "День недели, понедельник — 1", "[CurrentWeekDay]" "3";
    Day День (1..=1) "date" "дата" => dates::day,
        "Day of the month of a date" "День месяца даты", "[Day(05.02.2026)]" "5";
    Month Месяц (1..=1) "date" "дата" => dates::month,
        "Month of a date, from 1 to 12" "Месяц даты, от 1 до 12", "[Month(05.02.2026)]" "2";
    Year Год (1..=1) "date" "дата" => dates::year,
        "Year of a date" "Год даты", "[Year(05.02.2026)]" "2026";
    Hour Час (1..=1) "date" "дата" => dates::hour,
        "Hour of a date, from 0 to 23" "Час даты, от 0 до 23", "[Hour(05.02.2026 09:30)]" "9";
    Minute Минута (1..=1) "date" "дата" => dates::minute,
        "Minute of a date" "Минута даты", "[Minute(05.02.2026 09:30)]" "30";
    WeekDay ДеньНедели (1..=1) "date" "дата" => dates::week_day,
        "Day of the week of a date, Monday is 1" "День недели даты, понедельник — 1", "[WeekDay(01.02.2026)]" "7";
    DaysInMonth ДнейВМесяце (0..=1) "[date]" "[дата]" => dates::days_in_month,
        "Days in the month of a date, or in this one" "Дней в месяце даты или в текущем", "[DaysInMonth]" "31";
    AddDate ДобавитьДни (2..=2) "date, days" "дата, дней" => dates::add_days,
        "The date so many days later, dd.mm.yyyy" "Дата через столько дней, дд.мм.гггг", "[AddDate(28.02.2026, 1)]" "01.03.2026";
    AddMonths ДобавитьМесяцы (2..=2) "date, months" "дата, месяцев" => dates::add_months,
        "The date so many months later; the last day of a month stays inside the month" "Дата через столько месяцев; последний день остаётся внутри месяца",
        "[AddMonths(31.01.2026, 1)]" "28.02.2026";
    AddHours ДобавитьЧасы (2..=2) "date, hours" "дата, часов" => dates::add_hours,
        "Date and time so many hours later, dd.mm.yyyy hh:mm" "Дата и время через столько часов, дд.мм.гггг чч:мм", "[AddHours(31.12.2025 23:00, 2)]" "01.01.2026 01:00";
    AddMinutes ДобавитьМинуты (2..=2) "date, minutes" "дата, минут" => dates::add_minutes,
        "Date and time so many minutes later, dd.mm.yyyy hh:mm" "Дата и время через столько минут, дд.мм.гггг чч:мм", "[AddMinutes(31.12.2025 23:30, 45)]" "01.01.2026 00:15";
    DaysBetween ДнейМежду (2..=2) "from, to" "от, до" => dates::days_between,
        "Days from one date to another" "Дней от одной даты до другой", "[DaysBetween(01.01.2026, 01.02.2026)]" "31";
    DiffDates РазницаДат (2..=2) "from, to" "от, до" => dates::days_between,
        "Days from one date to another" "Дней от одной даты до другой", "[DiffDates(01.02.2026, 01.01.2026)]" "-31";
    DiffMinutes РазницаМинут (2..=2) "from, to" "от, до" => dates::minutes_between,
        "Minutes from one moment to another; of two times of day (hh:mm) too" "Минут от одного момента до другого; и между двумя временами дня (чч:мм)",
        "[DiffMinutes(10:15, 12:00)]" "105";
    Age Возраст (1..=1) "date of birth" "дата рождения" => dates::age,
        "Whole years from a date to today" "Полных лет от даты до сегодня", "[Age(15.10.2000)]" "25";
    UnixTime ВремяUnix (1..=1) "date" "дата" => dates::unix_time,
        "Seconds since 1970, as other services count" "Секунды с 1970 года, как их считают другие сервисы", "[UnixTime(01.01.2026 03:00)]" "1767225600";
    FromUnix ИзUnix (1..=1) "seconds" "секунды" => dates::from_unix,
        "The moment so many seconds after 1970 began" "Момент через столько секунд после начала 1970 года", "[FromUnix(1767225600)]" "01.01.2026 03:00";
    IsoDate ДатаISO (1..=1) "date" "дата" => dates::iso,
        "The moment as other services write it" "Момент, как его пишут другие сервисы", "[IsoDate(01.01.2026 10:00)]" "2026-01-01T10:00:00+03:00";
}
List {
    Length Длина (1..=1) "value" "значение" => lists::length,
        "Cells of an array, entries of an object, characters of a text" "Число элементов массива, полей объекта, знаков текста", "[Length(Split('a, b'))]" "2";
    Sum Сумма (1..=2) "array[, field]" "массив[, поле]" => lists::sum,
        "The sum of the array's numbers, or of a field of its objects" "Сумма чисел массива или поля его объектов", "[Sum(#{cart}, price)]" "300.5" texts_from 1;
    Avg Среднее (1..=2) "array[, field]" "массив[, поле]" => lists::average,
        "The average of the array's numbers, or of a field of its objects; nothing when there are none"
        "Среднее чисел массива или поля его объектов; пусто, если их нет", "[Avg(Split('1, 2, 6'))]" "3" texts_from 1;
    Min Наименьшее (1..=usize::MAX) "array or values" "массив или значения" => lists::min,
        "The least of the values" "Наименьшее из значений", "[Min(3, 10, 2)]" "2";
    Max Наибольшее (1..=usize::MAX) "array or values" "массив или значения" => lists::max,
        "The greatest of the values" "Наибольшее из значений", "[Max(3, 10, 2)]" "10";
    First Первый (1..=1) "array" "массив" => lists::first,
        "The first cell" "Первый элемент", "[First(#{list})]" "a";
    Last Последний (1..=1) "array" "массив" => lists::last,
        "The last cell" "Последний элемент", "[Last(#{list})]" "3";
    Item Элемент (2..=usize::MAX) "value, number or key, ..." "значение, номер или ключ, ..." => lists::item,
        "A part of an array (from 0) or of an object" "Часть массива (номер от 0) или объекта", "[Item(#{cart}, 1, title)]" "Cup";
    Join Соединить (1..=2) "array[, separator]" "массив[, разделитель]" => lists::join,
        "The cells in one text, between commas or other separators" "Элементы одним текстом через запятую или другой разделитель", "[Join(#{list}, ' | ')]" "a | b | 3" texts_from 1;
    Contains Содержит (2..=2) "text or array, what" "текст или массив, что" => lists::contains,
        "Whether the text or the array contains it" "Есть ли это в тексте или массиве", "[Contains(#{list}, b)]" "true";
    Map Поля (2..=2) "array, field" "массив, поле" => lists::map,
        "An array of one field of each cell" "Массив из одного поля каждого элемента", "[Map(#{cart}, title)]" "Tea, Cup" texts_from 1;
    Filter Отобрать (3..=3) "array, field, value" "массив, поле, значение" => lists::filter,
        "The cells whose field has this value" "Элементы, у которых в поле это значение", "[Map(Filter(#{cart}, price, 200), title)]" "Cup" texts_from 1;
    Find Найти (3..=3) "array, field, value" "массив, поле, значение" => lists::find,
        "The first cell whose field has this value" "Первый элемент, у которого в поле это значение", "[Item(Find(#{cart}, title, Cup), price)]" "200" texts_from 1;
    Sort Сортировать (1..=3) "array[, field[, desc]]" "массив[, поле[, убыв]]" => lists::sort,
        "The cells in order: numbers, dates, texts; desc turns it round" "Элементы по порядку: числа, даты, тексты; убыв — в обратном порядке",
        "[Sort(Split('10, 9, б, а'))]" "9, 10, а, б" texts_from 1;
    Reverse Наоборот (1..=1) "array" "массив" => lists::reverse,
        "The cells from the last to the first" "Элементы от последнего к первому", "[Reverse(#{list})]" "3, b, a";
    Unique Уникальные (1..=2) "array[, field]" "массив[, поле]" => lists::unique,
        "The cells without repetitions" "Элементы без повторов", "[Unique(Split('a, b, a'))]" "a, b" texts_from 1;
    Add Добавить (2..=usize::MAX) "array, value, ..." "массив, значение, ..." => lists::add,
        "The array with more cells at its end" "Массив с новыми элементами в конце", "[Add(#{list}, d)]" "a, b, 3, d";
    Remove Убрать (2..=2) "array, value" "массив, значение" => lists::remove,
        "The array without the cells that have this value" "Массив без элементов с этим значением", "[Remove(#{list}, b)]" "a, 3";
    Range Диапазон (2..=2) "from, to" "от, до" => lists::range,
        "Whole numbers one after the other" "Целые числа подряд", "[Range(1, 4)]" "1, 2, 3, 4";
    Keys Ключи (1..=1) "object" "объект" => lists::keys,
        "The names of an object's fields" "Имена полей объекта", "[Keys(#{cart[1]})]" "title, price";
    Values Значения (1..=1) "object" "объект" => lists::values,
        "The values of an object's fields" "Значения полей объекта", "[Values(#{cart[1]})]" "Cup, 200";
    RandomItem СлучайныйЭлемент (1..=1) "array" "массив" => chance::item,
        "A cell by chance" "Случайный элемент", "[RandomItem(Split(a))]" "a";
}
Format {
    Json ВJson (1..=1) "value" "значение" => formats::json,
        "The value as JSON" "Значение в виде JSON", "[Json(#{list})]" "[\"a\",\"b\",3]" escaped_for Json;
    ParseJson ИзJson (1..=1) "text" "текст" => formats::parse_json,
        "What a text of JSON says" "То, что записано в тексте JSON", "[Item(ParseJson('{\"a\": [1, 2]}'), a, 1)]" "2";
    UrlEncode КодироватьURL (1..=1) "text" "текст" => formats::url_encode,
        "The text made safe for a part of an address" "Текст, пригодный для части адреса", "[UrlEncode(a b&c)]" "a%20b%26c" escaped_for Url;
    UrlDecode РаскодироватьURL (1..=1) "text" "текст" => formats::url_decode,
        "The text that a part of an address stands for" "Текст, который записан в части адреса", "[UrlDecode(a%20b)]" "a b";
    HtmlEscape ЭкранироватьHTML (1..=1) "text" "текст" => formats::html_escape,
        "The text made safe for a page" "Текст, безопасный для страницы", "[HtmlEscape('<b> & \"')]" "&lt;b&gt; &amp; &quot;";
    Base64 ВBase64 (1..=1) "text" "текст" => formats::base64,
        "The text in base64" "Текст в base64", "[Base64(привет)]" "0L/RgNC40LLQtdGC";
    FromBase64 ИзBase64 (1..=1) "text" "текст" => formats::from_base64,
        "The text that base64 stands for" "Текст, который записан в base64", "[FromBase64(0L/RgNC40LLQtdGC)]" "привет";
    Hash Хеш (1..=2) "text[, sha256 or sha512]" "текст[, sha256 или sha512]" => formats::hash,
        "A fingerprint of the text" "Отпечаток текста", "[Hash(abc)]" "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" texts_from 1;
    Hmac Подпись (2..=3) "text, key[, sha256 or sha512]" "текст, ключ[, sha256 или sha512]" => formats::hmac,
        "A signature of the text made with a key (HMAC)" "Подпись текста ключом (HMAC)", "[Substring(Hmac(abc, key), 1, 8)]" "9c196e32" texts_from 2;
    Uuid УникальныйКод (0..=0) "" "" => chance::uuid,
        "A random UUID" "Случайный UUID", "[StrLen(Uuid())]" "36";
}
Choice {
    If Если (2..=3) "condition, then[, else]" "условие, то[, иначе]" => choice::choose,
        "One value or another" "Одно значение или другое", "[If(Contains(#{city}, Par), да, нет)]" "да";
    Default ПоУмолчанию (2..=usize::MAX) "value, other value, ..." "значение, другое значение, ..." => choice::first_filled,
        "The first of the values that is not empty" "Первое из значений, которое не пустое", "[Default(#{missing}, гость)]" "гость";
}
}
