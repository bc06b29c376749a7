import "../styles/linli.css";
