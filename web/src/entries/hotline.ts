import "../door";
import "../styles/desk.css";
import "../styles/hotline.css";
import { startHotline } from "../doors/hotline";

startHotline();
