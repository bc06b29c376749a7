import "../door";
import "../styles/portal.css";
import { startPortal } from "../doors/portal";

startPortal();
