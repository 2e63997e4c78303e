# Тексты серверных страниц. Ключи одинаковы во всех языках; за этим следит тест.

## Общее
skip-to-content = К содержанию
save = Сохранить
create = Создать
cancel = Отмена
delete = Удалить
edit = Изменить
copy = Скопировать
yes = Да
no = Нет
actions = Действия
advanced = Дополнительно
pages = Страницы
page-number = Страница { $number }
page-previous = Назад
page-next = Дальше
field-name = Название
field-value = Значение
field-your-name = Ваше имя
field-email = Эл. почта
field-password = Пароль
field-language = Язык

## Навигация
nav-label = Основное
nav-menu = Меню
nav-theme = Светлая или тёмная тема
nav-sign-out = Выйти
nav-home = Главная
nav-bots = Боты
nav-scenarios = Сценарии
nav-lists = Списки
nav-globals = Глобальные переменные
nav-mini-apps = Мини-приложения
nav-secrets = Секреты
nav-tokens = API
nav-settings = Настройки

## Первый визит и вход
setup-title = Добро пожаловать в Scenaria
setup-intro = Создайте учётную запись владельца. Пока она одна, и второй раз этого никто не сделает.
setup-password-hint = Не меньше 10 символов.
setup-submit = Создать учётную запись
sign-in-title = Вход
sign-in-submit = Войти
sign-in-wrong = Неверная почта или пароль.

## Главная
home-title = Главная
home-hello = Здравствуйте, { $name }!
home-demo-title = Демо-бот готов
home-demo-text = Он принимает заказы на еду. Напишите ему в тест-чате, потом откройте его сценарий и что-нибудь измените.
home-demo-open = Открыть тест-чат
home-demo-scenario = Открыть сценарий
home-next-title = Что делать дальше
home-done = Готово
home-step-try = Попробуйте демо-бота
home-step-try-hint = Тест-чату не нужен мессенджер.
home-step-edit = Измените сценарий и опубликуйте
home-step-edit-hint = Изменение сразу появится в боте.
home-step-connect = Подключите бота по токену
home-step-connect-hint = Токен выдаёт @BotFather в Телеграме.
home-step-list = Создайте список
home-step-list-hint = Меню, прайс, заказы: сценарии читают и пополняют списки.

## Боты
bots-title = Боты
bots-connect = Подключить бота
bots-new-test = Новый тестовый бот
bots-empty-title = Ботов пока нет
bots-empty-text = Подключите бота Телеграма по токену или создайте тестового, который живёт в браузере.
bots-test-name = Тестовый бот
bot-active = Работает
bot-paused = На паузе
bot-broken = Требует внимания
bot-scenarios = Сценарии бота
bot-scenarios-empty = Сценарий не подключён, поэтому бот молчит. Подключите его ниже.
bot-scenario-unpublished = Ещё не опубликован: бот его не использует.
bot-attach = Подключить
bot-detach = Отключить
bot-settings = Настройки
bot-status = Состояние
bot-id = ID бота
bot-channel = Мессенджер
bot-username = Имя пользователя
bot-unknown = Если неизвестно, дошло ли сообщение
bot-unknown-hint = Связь может оборваться после того, как сообщение передано мессенджеру, но до его ответа.
bot-unknown-resend = Отправить ещё раз: может прийти дважды
bot-unknown-drop = Не отправлять: может не прийти вовсе
bot-note-token-revoked = Телеграм больше не принимает токен. Получите новый у @BotFather и вставьте ниже: подписчики и переписка останутся.
bot-token-title = Новый токен
bot-token = Токен
bot-token-hint = Если @BotFather отозвал прежний. Это должен быть токен того же бота.
bot-token-replace = Заменить токен
bot-webhook-url = Адрес вебхука
bot-pause = Поставить на паузу
bot-resume = Возобновить
bot-delete = Удалить бота
bot-delete-title = Удалить «{ $name }»?
bot-delete-text = Вместе с ним удалятся подписчики, переписка и настройки. Сценарии останутся. Отменить это нельзя.
channel-telegram = Телеграм
channel-simulator = Тест-чат
scenario = Сценарий
connect-title = Подключить бота
connect-intro = Откройте @BotFather в Телеграме, отправьте /newbot и скопируйте полученный токен.
connect-token = Токен
connect-token-hint = Выглядит как 123456789:AAF… Хранится зашифрованным и больше не показывается.
connect-scenario = Сценарий
connect-no-scenario = Выбрать позже
connect-intake = Как приходят сообщения
connect-webhook = Вебхук
connect-webhook-hint = Телеграм обращается к нам; быстрее всего.
connect-webhook-needs-https = Телеграм обращается к нам. Нужен публичный адрес с https (--public-url).
connect-polling = Опрос
connect-polling-hint = Мы спрашиваем Телеграм; работает откуда угодно, даже с ноутбука.
connect-base-url = Адрес Bot API
connect-base-url-hint = Пусто — сам Телеграм. Укажите адрес, если у вас свой сервер Bot API.
connect-submit = Подключить

## Тест-чат
chat-title = Тест-чат
chat-empty = Здесь пока пусто. Напишите /start, чтобы начать.
chat-input = Сообщение
chat-send = Отправить

## Сценарии
scenarios-title = Сценарии
scenarios-new = Новый сценарий
scenarios-import = Импорт
scenarios-empty-title = Сценариев пока нет
scenarios-empty-text = Сценарий описывает, что делает бот. Нарисуйте свой или возьмите пример.
scenario-name-example = Заказы
scenario-version = Версия { $number }
scenario-unpublished = Черновик, не опубликован
scenario-settings = Настройки
scenario-open-canvas = Открыть
scenario-export = Экспорт
scenario-delete = Удалить сценарий
scenario-delete-title = Удалить «{ $name }»?
scenario-delete-text = Удалятся черновик и все версии, боты перестанут его использовать. Если не уверены, сначала сделайте экспорт. Отменить это нельзя.
versions-title = Версии
versions-empty = Пока ничего не опубликовано. Версии появятся здесь после публикации.
version-current = Используется
test-title = Попробовать сценарий
test-text = Ни один тестовый бот пока не подключён к этому сценарию. Тестовый бот живёт в браузере, мессенджер ему не нужен.
test-create = Создать тестового бота
import-intro = Документ сценария: JSON-файл, полученный экспортом.
import-file = Файл
import-submit = Импортировать
canvas-needs-script = Холсту нужен JavaScript. Можно экспортировать сценарий, изменить документ и импортировать его.
examples-title = Примеры
examples-intro = Пример приносит сценарий, списки и мини-приложение. Потом всё можно изменить.
examples-empty = В этой сборке нет примеров.
example-install = Установить

## Списки
lists-title = Списки
lists-new = Новый список
lists-empty-title = Списков пока нет
lists-empty-text = Список — это таблица: меню, прайс, заказы, участники. Сценарии читают и пополняют её.
list-name-example = Меню
list-columns = Столбцы
list-columns-hint = Значения уникального столбца не повторяются. Вместе со столбцом пропадают его значения.
column-remove = Убрать
list-more-columns = Ещё столбцы
list-edit-title = Столбцы списка «{ $name }»
list-delete = Удалить список
list-delete-title = Удалить «{ $name }»?
list-delete-text = Удалятся все его строки. Отменить это нельзя.
list-rebuilding = Список длинный: индексы его столбцов ещё строятся. Боты тем временем работают; уникальность начнёт действовать, когда всё будет готово.
list-not-unique = Столбец «{ $name }» не стал уникальным: в нём есть одинаковые значения. Исправьте эти строки и сделайте его уникальным ещё раз.
column-name = Столбец
column-type = Тип
column-unique = Уникальный
column-type-text = Текст
column-type-number = Число
column-type-bool = Да или нет
column-type-date = Дата
column-type-json = Любые данные (JSON)
column-hint-text = Любой текст.
column-hint-number = Число, например 12,50.
column-hint-bool = Да, нет или пусто.
column-hint-date = Как 31.12.2027 или 31.12.2027 18:30.
column-hint-json = Данные в виде JSON.
rows-empty-title = Строк пока нет
rows-empty-text = Добавьте первую строку здесь или поручите это сценарию.
row-new = Добавить строку
row-edit = Изменить строку
row-delete-title = Удалить строку?
row-delete-text = Отменить это нельзя.

## Глобальные переменные
globals-title = Глобальные переменные
globals-intro = Одно значение для всех подписчиков и ботов проекта. В тексте:
globals-example = цена
globals-new = Новая переменная
globals-empty-title = Глобальных переменных пока нет
globals-empty-text = Храните здесь общее для сценариев: цену, телефон, счётчик.
global-delete-title = Удалить «{ $name }»?
global-delete-text = Сценарии, которые её читают, увидят пустое значение. Отменить это нельзя.

## Секреты
secrets-title = Секреты
secrets-intro = Ключи внешних сервисов. В HTTP-запросе:
secrets-new = Добавить или заменить секрет
secrets-hint = Значение зашифровано: прочитать его нельзя, только заменить.
secrets-empty-title = Секретов пока нет
secrets-empty-text = Храните ключ сервиса здесь, а не в сценарии.
secret-delete-title = Удалить «{ $name }»?
secret-delete-text = Запросы, которые его используют, перестанут работать. Отменить это нельзя.

## Мини-приложения
mini-apps-title = Мини-приложения
mini-apps-new = Новое мини-приложение
mini-apps-empty-title = Мини-приложений пока нет
mini-apps-empty-text = Мини-приложение — страница, которая открывается внутри мессенджера и отправляет данные боту.
mini-app-bot = Бот
mini-app-bot-hint = Бот, который открывает приложение и получает его данные.
mini-app-no-bot = Сначала создайте бота: мини-приложение принадлежит боту.
mini-app-link = Публичная ссылка
mini-app-link-hint = Поставьте её на кнопку сообщения или укажите в @BotFather.
mini-app-code = Код
mini-app-preview = Посмотреть
mini-app-help-title = Как приложение отправляет данные боту
mini-app-help-text = На странице есть window.quescha. Отправьте его вместе со своими данными: каждый ключ станет переменной сценария.
mini-app-delete-title = Удалить «{ $name }»?
mini-app-delete-text = Ссылка перестанет работать. Отменить это нельзя.
mini-app-sample-title = Заказ
mini-app-sample-button = Отправить
mini-app-sample-sent = Отправлено боту.
mini-app-sample-failed = Откройте эту страницу из бота.

## Токены API
tokens-title = API
tokens-intro = С токеном программа может делать то же, что и вы здесь. Храните его как пароль.
tokens-new = Новый токен
tokens-empty-title = Токенов пока нет
tokens-empty-text = Создайте токен, когда вашей программе понадобится доступ к Scenaria.
token = Токен
token-created = Скопируйте токен сейчас: больше он не будет показан.
token-scopes = Права
token-scope-read = Чтение
token-scope-write = Чтение и запись
token-used = Последний раз: { $when }
token-unused = Ещё не использовался
token-revoke = Отозвать
token-delete-title = Отозвать «{ $name }»?
token-delete-text = Программы с этим токеном сразу потеряют доступ.

## Настройки
settings-title = Настройки
settings-zone = Часовой пояс
settings-zone-hint = Для расписаний и дат проекта.
settings-password-current = Текущий пароль
settings-password-new = Новый пароль
settings-password-submit = Сменить пароль
settings-addresses = Адреса
settings-public-url = Публичный адрес
settings-public-url-http = Мессенджеры открывают мини-приложения и вызывают вебхуки только по https. Для этого запустите Scenaria с --public-url https://…

## Короткие сообщения
flash-saved = Сохранено.
flash-password = Пароль изменён, на других устройствах выполнен выход.
flash-created = Создано.
flash-deleted = Удалено.
flash-connected = Бот подключён.
flash-installed = Пример установлен.
flash-imported = Сценарий импортирован.
flash-paused = Бот на паузе.
flash-resumed = Бот снова работает.
flash-attached = Сценарий подключён.
flash-detached = Сценарий отключён.

## Ошибки
error-request-id = Запрос
error-go-home = На главную
error-bad-request = Не удалось понять запрос
error-unauthenticated = Сначала войдите
error-wrong-secret = Секрет не совпадает
error-init-data-refused = Данные запуска мини-приложения поддельные или устарели
error-csrf-refused = Форма устарела. Обновите страницу и попробуйте ещё раз
error-forbidden = Это вам не разрешено
error-not-found = Не найдено
error-method-not-allowed = Этот адрес не принимает такие запросы
error-revision-conflict = Тем временем это изменил кто-то другой. Обновите страницу, чтобы увидеть новое
error-name-taken = Такое название уже есть
error-address-over = Этот адрес годился на один вызов и больше не действует
error-value-taken = Такое значение уже есть
error-too-large = Слишком большой объём
error-unsupported-media-type = Такие данные здесь не принимаются
error-invalid = Что-то заполнено неверно
error-reserved-key = Имена, которые начинаются с _, зарезервированы
error-channel-refused = Мессенджер отказал
error-too-many-attempts = Слишком много попыток. Подождите минуту
error-internal = Что-то пошло не так на нашей стороне
error-channel-unreachable = Мессенджер не отвечает
error-busy = Сейчас слишком много работы. Попробуйте через мгновение
row-changed = Пока вы меняли строку, её изменил бот или кто-то другой. Проверьте отмеченное и сохраните ещё раз.
row-changed-cell = Сейчас в строке: { $value }
row-changed-empty = пусто

subscribers-title = Подписчики
subscribers-search = Имя, номер или значение поля
subscribers-none = Никто не нашёлся.
subscribers-empty-title = Подписчиков пока нет
subscribers-empty-text = Здесь появится каждый, кто напишет боту.
find = Найти
subscriber-number = Номер
subscriber-language = Язык
subscriber-first-seen = Пришёл
subscriber-last-seen = Был
subscriber-runs = Где находится
subscriber-runs-empty = Сейчас ни в одном сценарии.
subscriber-fields = Поля
subscriber-fields-empty = Полей пока нет.
subscriber-history = Переписка
subscriber-history-empty = Сообщений пока нет.
run-stop = Остановить
run-stop-question = Остановить прохождение? Подписчик не дойдёт до конца сценария.
flash-stopped = Прохождение останавливается.
