close = Закрыть
confirm-yes = Да
confirm-no = Отмена
copied = Скопировано
copy-failed = Браузер не дал скопировать
