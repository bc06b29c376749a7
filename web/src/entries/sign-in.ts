import "../door";
