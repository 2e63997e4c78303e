# Тексты холста. Названия — по словарю продукта.

## Карточки

when = Когда: { $what }
next = Далее
trigger = Триггер
triggers = Триггеры
unnamed-block = Блок
empty-block = Здесь пока пусто
empty-note = Пустая заметка
no-text = Текста пока нет
no-caption = нет надписи
no-condition = нет условия
not-chosen = не выбран
empty-value = пусто
more-steps = { $count ->
    [one] ещё { $count } шаг
    [few] ещё { $count } шага
   *[many] ещё { $count } шагов
  }
and-more = и ещё { $count }
fold = Свернуть
waits = ждёт: { $answer }
waits-to = ждёт: { $answer } → { $target }
wrong-answer = Неверный ответ: { $text }
drag-to-connect = Потяните к карточке, чтобы соединить
drag-to-connect-from = «{ $label }»: потяните к карточке, чтобы соединить
jump-to = Перейти к «{ $name }»
minimap = Обзор холста
node-help = Enter выбирает карточку, стрелки двигают её, Delete удаляет
edge-help = Enter выбирает линию, Delete удаляет её

answer-text = текст
answer-number = число
answer-phone = телефон
answer-email = эл. почта
answer-choice = кнопка
answer-contact = контакт
answer-location = местоположение
answer-any = что угодно

trigger-any-text = любой текст
trigger-text-equals = { $texts }
trigger-text-contains = содержит { $texts }
trigger-text-regex = подходит под { $texts }
trigger-any-link = любая стартовая ссылка
trigger-any-button = любая кнопка
trigger-any-app = любое мини-приложение

## Что делают тихие действия

a-branch = Ветка
choose-scenario = Выберите сценарий
day-off = выходной
hours-of = Часы работы, { $day }
same-hours = Те же часы во все рабочие дни
duration-seconds = { $count ->
    [one] { $count } секунда
    [few] { $count } секунды
   *[many] { $count } секунд
  }
duration-minutes = { $count ->
    [one] { $count } минута
    [few] { $count } минуты
   *[many] { $count } минут
  }
duration-hours = { $count ->
    [one] { $count } час
    [few] { $count } часа
   *[many] { $count } часов
  }
duration-days = { $count ->
    [one] { $count } день
    [few] { $count } дня
   *[many] { $count } дней
  }

compare-eq = =
compare-ne = ≠
compare-gt = >
compare-ge = ≥
compare-lt = <
compare-le = ≤
compare-contains = содержит
compare-not-contains = не содержит
compare-starts = начинается с
compare-ends = заканчивается на
compare-matches = подходит под
compare-between = между
compare-in = одно из
compare-not-in = ни одно из
compare-within = встречается в
compare-empty = пусто
compare-not-empty = не пусто
join-and = и
join-or = или

## Переменные

scope-client = Подписчик
scope-run = Временная
scope-person = Человек
scope-global = Глобальная
scope-env = Секрет
scope-function = О подписчике
scope-formula = Вычисление
function-Name = Имя
function-FullName = Полное имя
function-Answer = Последний ответ
function-ClientID = Номер подписчика
function-ClientLink = Ссылка на профиль
function-BotID = Номер бота
function-Date = Сегодня
function-CurrentTime = Время сейчас
insert-variable = Вставить переменную
find-variable = Найти или создать…
new-variable = Новая переменная
whose-variable = чья переменная
variable-name = название
choose-file = Выбрать файл
files-of-workspace = Файлы
upload-file = Загрузить
find-file = Найти файл
no-files = Файлов пока нет. Загруженное здесь сможет отправить любой сценарий.
files-loading = Загрузка…
files-offline = Нет связи. Попробуйте ещё раз.
file-too-large = Файл больше { $limit }: больше Telegram от бота не примет.
file-replace = Файл «{ $name }» уже есть. Заменить его? Сценарии, которые его отправляют, отправят новый.
file-replace-yes = Заменить

## Доска и панель

toolbar = Сценарий
save-saved = Сохранено
save-dirty = Ещё не сохранено
save-saving = Сохраняется…
save-failed = Не сохранено: нет связи
save-refused = Не сохранено: есть ошибки
save-conflict = Кто-то другой изменил этот сценарий
never-published = Ещё не опубликован
published-version = Опубликована версия { $number }
try-again = Повторить
reload = Загрузить его
overwrite = Оставить мой
overwrite-question = Оставить вашу версию? Изменения другого человека пропадут.
undo = Отменить
redo = Повторить
add-card = Добавить карточку
search = Поиск
search-hint = Поиск (Ctrl+K)
search-cards = Найти карточку или текст…
arrange = Расставить карточки
findings = Замечания
findings-count = { $count ->
    [one] { $count } замечание
    [few] { $count } замечания
   *[many] { $count } замечаний
  }
no-findings = Всё в порядке
test-chat = Тест-чат
open-test-chat = Открыть тест-чат в новой вкладке
publish = Опубликовать
published = Опубликована версия { $number }
publish-refused = Перед публикацией нужно исправить ошибки
publish-failed = Опубликовать не получилось. Попробуйте ещё раз.
zoom-in = Приблизить
zoom-out = Отдалить
zoom-fit = Показать всё
draw-as-link = Показывать ссылкой
disconnect = Разъединить
deleted = { $count ->
    [0] Линия удалена
    [one] Карточка удалена
    [few] Удалены { $count } карточки
   *[many] Удалено { $count } карточек
  }
copied = Скопировано
copy-failed = Браузер не дал скопировать

## Палитра

palette = Что добавить
palette-search = Найти действие…
nothing-found = Ничего не найдено
note = Заметка
note-help = Пометка для себя и коллег
other = Другое

## Инспектор

inspector = Настройки
many-selected = { $count ->
    [one] Выбрана { $count } карточка
    [few] Выбраны { $count } карточки
   *[many] Выбрано { $count } карточек
  }
block-name = Название блока
trigger-head = Когда: { $title }
add-action = Добавить действие
duplicate = Дублировать
delete = Удалить
close = Закрыть
drag-to-reorder = Потяните, чтобы поменять порядок
move-up = Выше
move-down = Ниже
wait-for-answer = Ждать ответа
exits = Выходы
leads-to = Куда ведёт
runs-on = Идёт дальше по карточке
ends-here = Здесь конец
nowhere = Пока никуда
to-error-block = В общий блок ошибок
errors-here = Ошибки без своего выхода приходят сюда
new-block = + Новый блок
unknown-action = Эта версия Scenaria не знает действия «{ $kind }». Оно сохранится как есть.
interrupts = Может прервать открытый вопрос
webhook-url = Адрес
webhook-after-publish = Адрес появится здесь после публикации сценария.
copy = Скопировать

## Формы

more-settings = Ещё настройки
add = Добавить
remove = Убрать
apply = Готово
add-button = Добавить кнопку
add-to-row = Добавить в этот ряд
button-settings = Что делает кнопка
choose-list = Выберите список
choose-column = Выберите столбец
choose-app = Выберите мини-приложение
any-app = Любое мини-приложение
unit = единица
unit-seconds = секунды
unit-minutes = минуты
unit-hours = часы
unit-days = дни
comparison = Сравнение
condition-left = Что сравнить
condition-right = С чем
condition-as-text = Текстом
condition-as-rows = Строками
condition-only-text = Это условие не раскладывается на строки и остаётся текстом.
add-condition = Добавить условие
mark-bold = Жирный (Ctrl+B)
mark-italic = Курсив (Ctrl+I)
mark-underline = Подчёркнутый (Ctrl+U)
mark-strike = Зачёркнутый
mark-code = Код
mark-link = Ссылка
link-address = Адрес ссылки
code-larger = Крупнее
code-smaller = Мельче

## Публикация, пересечения, палитра

people-inside = Внутри сценария сейчас люди
people-inside-help = Эти блоки изменились или удалены. Выберите, как продолжат те, кто сейчас в них. Остальных публикация не затронет.
people-count = { $fate ->
    [deleted] блок удалён
   *[other] блок изменён
  } · { $count ->
    [one] { $count } прохождение
    [few] { $count } прохождения
   *[many] { $count } прохождений
  }
move-finish = Закончат по-старому
move-start = Начнут заново
move-to-block = Перейдут в блок
cancel = Отмена
scenario-settings = Настройки сценария
save-signed-out = Не сохранено: вы вышли из системы
sign-in-again = Войти в новой вкладке
question-returns = Потом повторить прерванный вопрос
overlap = Если сценарий у человека уже идёт
overlap-start_over = Начать заново
overlap-queue = Начать, когда закончится
overlap-ignore = Пропустить
list-write = Записать в список
list-write-help = Добавить строку, изменить или сделать то, что подойдёт
back-to-all = Назад

## Разделы

section = Раздел
section-name = Название раздела
unnamed-section = Раздел без названия
no-section = Без раздела
several-sections = Разные разделы
new-section = + Новый раздел
delete-section = Убрать раздел (блоки останутся)
section-condition = Кого пускать
section-condition-help = Проверяется при любом входе в раздел, в том числе по старой кнопке. Без условия пускают всех.
section-otherwise = Остальные идут
to-not-understood = В «Бот не понял»
fold-section = Свернуть «{ $name }»
unfold-section = Развернуть «{ $name }»
blocks-count = { $count ->
    [one] { $count } блок
    [few] { $count } блока
   *[many] { $count } блоков
  }
