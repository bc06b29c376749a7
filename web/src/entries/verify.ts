import "../door";
import "../styles/verify.css";
import { startVerify } from "../doors/verify";

startVerify();
