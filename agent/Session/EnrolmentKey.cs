using System.Security.Cryptography;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Session;

/// <summary>
/// The key of an enrolment that has not succeeded yet. It is kept over restarts, because the coordinator accepts a
/// token again only from the key that used it first: an answer that got lost would otherwise cost the token.
/// </summary>
internal sealed class EnrolmentKey
{
    private readonly string _directory;

    public EnrolmentKey(string directory) => _directory = directory;

    private string FilePath => Path.Combine(_directory, "enrolment.key");

    public ECDsa OpenOrCreate()
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(FilePath))
            {
                key.ImportFromPem(File.ReadAllText(FilePath));
                return key;
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // A key that cannot be read was never used with success; a new one takes its place.
            key.Dispose();
            key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        }

        PrivateFiles.CreateDirectory(_directory);
        PrivateFiles.Write(FilePath, key.ExportPkcs8PrivateKeyPem());
        return key;
    }

    public void Delete() => File.Delete(FilePath);
}
