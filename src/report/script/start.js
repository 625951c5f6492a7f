// Everything here adds to a page that says the same without it.

document.documentElement.classList.add("script");
themes();
tables();
marks();
opens();
prints();
queries();
