/** Draws the example images in examples/images: `npx tsx scripts/make-example-images.ts`. Latin text only, because fonts for Chinese are not everywhere. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

interface Example {
  /** File name; its ending decides the format. */
  file: string;
  title: string;
  lines: readonly string[];
  /** Main colour and paper colour. */
  ink: string;
  paper: string;
  frame: 'double' | 'band' | 'plain';
  portrait?: true;
  /** Sigma of a Gaussian blur: a document that a reviewer rejects as unreadable. */
  blur?: number;
}

const shop = 'Example Trading Co., Ltd.';
const licence = {
  title: 'BUSINESS LICENCE',
  lines: [shop, 'Credit code 91440300EXAMPLE00X', 'Founded 2020-01-01', 'Valid: permanent'],
  ink: '#a32020',
  paper: '#fff7e6',
  frame: 'double',
} as const;

const examples: readonly Example[] = [
  { file: 'business-licence.png', ...licence },
  { file: 'business-licence-blurred.jpg', ...licence, blur: 14 },
  { file: 'business-licence-sharp.jpg', ...licence },
  {
    file: 'food-permit.jpg',
    title: 'FOOD BUSINESS PERMIT',
    lines: [shop, 'Permit JY1440300EXAMPLE', 'Prepacked food, retail', 'Valid until 2030-12-31'],
    ink: '#1d6b3a',
    paper: '#eef8ee',
    frame: 'double',
  },
  {
    file: 'brand-authorisation.png',
    title: 'BRAND AUTHORISATION',
    lines: ['Brand: EXAMPLE BRAND', 'Granted to', shop, 'Territory: all channels', '2026-01-01 to 2028-12-31'],
    ink: '#3b2d85',
    paper: '#f3f0ff',
    frame: 'band',
    portrait: true,
  },
  {
    file: 'icp-filing.png',
    title: 'ICP FILING',
    lines: ['Filing no. 00000000', 'Site: shop.example.com', `Holder: ${shop}`],
    ink: '#0b5c8a',
    paper: '#eaf6fc',
    frame: 'plain',
  },
  {
    file: 'baobeihan.png',
    title: 'FILING LETTER',
    lines: ['List: baobeihan', shop, 'asks to enter this category'],
    ink: '#444444',
    paper: '#fafafa',
    frame: 'plain',
    portrait: true,
  },
  {
    file: 'jingyingzhengming.png',
    title: 'PROOF OF BUSINESS',
    lines: ['List: jingyingzhengming', 'Store since 2020', 'Monthly orders 12,000'],
    ink: '#8a4b0b',
    paper: '#fff3e3',
    frame: 'band',
  },
  {
    file: 'daihuokoubei.jpg',
    title: 'SELLER RATING',
    lines: ['List: daihuokoubei', 'Score 4.92 of 5', 'Reviews 3,481'],
    ink: '#b0135d',
    paper: '#ffeef6',
    frame: 'band',
  },
  {
    file: 'ruzhuzhizhi.png',
    title: 'ADMISSION PAPERS',
    lines: ['List: ruzhuzhizhi', shop, 'admitted on another platform'],
    ink: '#00695c',
    paper: '#e6f7f5',
    frame: 'plain',
  },
  {
    file: 'jingyingliushui.jpg',
    title: 'SALES STATEMENT',
    lines: ['List: jingyingliushui', '2026-07   310,220.00', '2026-08   295,784.00', '2026-09   342,006.00'],
    ink: '#263238',
    paper: '#eceff1',
    frame: 'plain',
    portrait: true,
  },
  {
    file: 'buchongcailiao.png',
    title: 'FURTHER MATERIAL',
    lines: ['List: buchongcailiao', 'Photo of the warehouse,', 'shelves 1 to 20'],
    ink: '#5d4037',
    paper: '#f5eeea',
    frame: 'band',
  },
  {
    file: 'mini-program-certificate-page-1.jpg',
    title: 'SERVICE CERTIFICATE 1/2',
    lines: ['Mini Program: EXAMPLE', 'Catering services', `Holder: ${shop}`],
    ink: '#1b5e20',
    paper: '#f1f8e9',
    frame: 'double',
  },
  {
    file: 'mini-program-certificate-page-2.png',
    title: 'SERVICE CERTIFICATE 2/2',
    lines: ['Annex: places of business', '1 Example Road, Shenzhen', 'Valid until 2029-06-30'],
    ink: '#827717',
    paper: '#fdfbe3',
    frame: 'double',
  },
];

function drawing({ title, lines, ink, paper, frame, portrait }: Example): Buffer {
  const [width, height] = portrait ? [700, 960] : [960, 700];
  const text = lines.map((line, n) => `<text x="80" y="${250 + n * 62}" font-size="34" fill="#222">${line}</text>`);
  const border =
    frame === 'band'
      ? `<rect width="${width}" height="150" fill="${ink}"/>`
      : `<rect x="24" y="24" width="${width - 48}" height="${height - 48}" fill="none" stroke="${ink}" stroke-width="6"/>${
          frame === 'double'
            ? `<rect x="40" y="40" width="${width - 80}" height="${height - 80}" fill="none" stroke="${ink}" stroke-width="2"/>`
            : ''
        }`;
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif">
    <rect width="${width}" height="${height}" fill="${paper}"/>${border}
    <text x="${width / 2}" y="115" font-size="46" font-weight="bold" text-anchor="middle" fill="${frame === 'band' ? '#fff' : ink}">${title}</text>
    <text x="${width / 2}" y="${height * 0.66}" font-size="120" font-weight="bold" text-anchor="middle" fill="${ink}" fill-opacity="0.14"
      transform="rotate(-18 ${width / 2} ${height * 0.66})">SAMPLE</text>
    ${text.join('')}
    <circle cx="${width - 160}" cy="${height - 200}" r="78" fill="none" stroke="#c62828" stroke-width="7"/>
    <path transform="translate(${width - 160} ${height - 200}) scale(0.42)" fill="#c62828" d="M0-80 19-26 76-25 31 10 47 65 0 33-47 65-31 10-76-25-19-26Z"/>
    <text x="80" y="${height - 84}" font-size="26" fill="${ink}">SAMPLE - not a real document</text>
  </svg>`);
}

const folder = join(import.meta.dirname, '..', 'examples', 'images');
await mkdir(folder, { recursive: true });
for (const example of examples) {
  const drawn = sharp(drawing(example));
  const image = example.blur === undefined ? drawn : drawn.blur(example.blur);
  const encoded = example.file.endsWith('.png')
    ? image.png({ palette: true, effort: 10 })
    : image.jpeg({ quality: 72 });
  const bytes = await encoded.toBuffer();
  await writeFile(join(folder, example.file), bytes);
  process.stdout.write(`${example.file} ${bytes.byteLength}\n`);
}
