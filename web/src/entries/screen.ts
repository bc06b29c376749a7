import "../door";
import "../styles/screen.css";
import { startScreen } from "../doors/screen";

startScreen();
