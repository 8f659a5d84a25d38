using System.Runtime.InteropServices;

namespace K8sBackup.Model.Processes;

/// <summary>
/// The machine's trust store, which plays no part where only given authorities are trusted. The runtime reads all of it, some hundred
/// certificates twice over, before it verifies the first one, whatever that one is verified against.
/// </summary>
public static partial class MachineTrust
{
    // Read by OpenSSL, and by the runtime as OpenSSL does.
    private static readonly string[] s_variables = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>
    /// Leaves it out of this process, when called before the first certificate is verified. Certificates of public authorities are not
    /// trusted from then on. Programs this one starts have it as before.
    /// </summary>
    public static void LeaveOut()
    {
        // What is inherited is the runtime's copy of the variables, made when all of them are first asked for.
        _ = Environment.GetEnvironmentVariables();
        foreach (string variable in s_variables)
        {
            // Not set, the store is read: slower, and nothing else.
            _ = Set(variable, "/dev/null", overwrite: 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);
}
