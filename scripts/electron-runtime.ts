/** An unpacked Electron. */
export interface ElectronRuntime {
  /** Folder with the executable, as electron-builder's `electronDist` takes it. */
  readonly dist: string;
  readonly version: string;
  /** Whether it is a build of the Electron project, as a release must be. */
  readonly official: boolean;
}
