using System.Runtime.Versioning;

// The product runs on Linux, and so do its tests.
[assembly: SupportedOSPlatform("linux")]
