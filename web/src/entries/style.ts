import "../door";
import "../styles/guide.css";
