close = Закрыть
confirm-yes = Да
confirm-no = Отмена
copied = Скопировано
copy-failed = Браузер не дал скопировать
request-failed = Не получилось. Попробуйте ещё раз.
connection-lost = Нет связи с сервером
