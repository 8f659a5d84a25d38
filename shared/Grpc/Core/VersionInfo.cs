namespace Grpc.Core;

/// <summary>The API level this runtime follows.</summary>
public static class VersionInfo
{
    /// <summary>The version of the official packages whose API this is.</summary>
    public const string CurrentVersion = "2.85.0";
}
