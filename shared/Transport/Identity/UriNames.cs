using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>Reads the uniformResourceIdentifier names of a subject alternative name (RFC 5280, 4.2.1.6).</summary>
internal static class UriNames
{
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    public static IReadOnlyList<string> Read(X509SubjectAlternativeNameExtension extension)
    {
        List<string> uris = [];
        AsnReader names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(UriTag))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
